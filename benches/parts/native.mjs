/**
 * The core, compiled natively: nanoseconds, and instructions, which do not depend on the load of
 * the machine.
 */

import { Failure } from '../../scripts/shell/failure.mjs';
import { ask, run } from '../../scripts/shell/run.mjs';

/**
 * The number of calls under callgrind. The setup is not counted, and the first calls differ little
 * from the others.
 */
const CALLS = 500;

/** Compiles the benches and returns the path of their program. */
async function program() {
  const args = [
    'bench',
    '--locked',
    '--bench',
    'core',
    '--no-run',
    '--message-format',
    'json-render-diagnostics',
  ];
  const output = await run('cargo', args);
  const messages = output.split('\n').filter((line) => line.startsWith('{'));
  const made = messages.map((line) => JSON.parse(line)).find(({ executable }) => executable);
  if (made === undefined) throw new Failure('cargo made no program of benches/core.rs.');
  return made.executable;
}

/** The nanoseconds of each operation, by name. */
async function timed(file) {
  const lines = (await run(file, [])).trim().split('\n');
  return lines.map((line) => line.split('\t')).map(([name, nanoseconds]) => [name, Number(nanoseconds)]);
}

async function native() {
  const rows = await timed(await program());
  return rows.map(([who, median]) => ({ who, ours: true, unit: 'ns', median }));
}

async function instructions() {
  if ((await ask('valgrind', ['--version'])) === undefined)
    throw new Failure('valgrind is missing. On Debian and its relatives: apt-get install valgrind');
  const file = await program();
  const rows = [];
  for (const [who] of await timed(file)) {
    const output = await run('valgrind', [
      '--tool=callgrind',
      '--callgrind-out-file=/dev/null',
      '--collect-atstart=no',
      '--toggle-collect=*measured*',
      file,
      who,
      String(CALLS),
    ]);
    const counted = output.match(/Collected : (\d+)/)?.[1];
    if (counted === undefined || counted === '0') throw new Failure(`callgrind counted nothing of "${who}".`);
    rows.push({ who, ours: true, unit: 'instructions', median: Math.round(Number(counted) / CALLS) });
  }
  return rows;
}

export const parts = [
  { key: 'native', title: 'The core alone, native', estimate: 60_000, measure: native },
  {
    key: 'instructions',
    title: 'The core alone, native: instructions that callgrind counts',
    estimate: 60_000,
    measure: instructions,
  },
];
