/** The core, compiled natively: nanoseconds, and instructions, which do not depend on the load. */

import { Failure } from '../../scripts/shell/failure.mjs';
import { ask, run } from '../../scripts/shell/run.mjs';
import { instructionsOf, program } from '../callgrind.mjs';

async function native() {
  const lines = (await run(await program(), [])).trim().split('\n');
  const rows = lines.map((line) => line.split('\t'));
  return rows.map(([who, nanoseconds]) => ({ who, ours: true, unit: 'ns', median: Number(nanoseconds) }));
}

async function instructions() {
  if ((await ask('valgrind', ['--version'])) === undefined)
    throw new Failure('valgrind is missing. On Debian and its relatives: apt-get install valgrind');
  const counted = await instructionsOf();
  return [...counted].map(([who, median]) => ({ who, ours: true, unit: 'instructions', median }));
}

export const parts = [
  { key: 'native', title: 'The core alone, native', estimate: 60_000, measure: native },
  {
    key: 'instructions',
    title: 'The core alone, native: instructions that callgrind counts',
    estimate: 20_000,
    measure: instructions,
  },
];
