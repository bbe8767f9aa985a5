/**
 * Instructions of the core, compiled natively, that callgrind counts: they depend neither on the
 * load nor on the speed of the machine.
 */

import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inBuild } from '../scripts/paths.mjs';
import { Failure } from '../scripts/shell/failure.mjs';
import { run } from '../scripts/shell/run.mjs';

/**
 * The number of calls under callgrind. The setup is not counted, and the first calls differ little
 * from the others.
 */
const CALLS = 500;

/** A profile of each operation stays here, for callgrind_annotate. */
export const profiles = inBuild('callgrind');

/** The path of the profile of an operation. */
export const profileOf = (name) => join(profiles, `${name.replace(/[^a-z0-9]+/gi, '-')}.out`);

/** Compiles benches/core.rs and returns the path of its program. */
export async function program() {
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

/**
 * The instructions of one call of each operation, by name.
 * @param {string[]} names all, if empty
 * @returns {Promise<Map<string, number>>}
 */
export async function instructionsOf(names = []) {
  const file = await program();
  rmSync(profiles, { recursive: true, force: true });
  mkdirSync(profiles, { recursive: true });
  // Two patterns for one function, because callgrind keeps one setting for each pattern.
  const output = await run('valgrind', [
    '--tool=callgrind',
    `--callgrind-out-file=${join(profiles, 'out')}`,
    '--compress-strings=no',
    '--collect-atstart=no',
    '--toggle-collect=*measured*',
    '--dump-after=core::measured',
    file,
    'count',
    String(CALLS),
    ...names,
  ]);
  const ran = output.split('\n').filter((line) => line !== '' && !line.startsWith('=='));
  const missing = names.filter((name) => !ran.includes(name));
  if (missing.length > 0) throw new Failure(`benches/core.rs has no "${missing.join('", "')}".`);
  return new Map(ran.map((name, at) => [name, countOf(name, at + 1)]));
}

/** Reads the profile that callgrind wrote as the nth, and gives it the name of its operation. */
function countOf(name, nth) {
  const file = profileOf(name);
  renameSync(join(profiles, `out.${nth}`), file);
  const counted = Number(readFileSync(file, 'utf8').match(/^totals: (\d+)$/m)?.[1] ?? 0);
  if (counted === 0) throw new Failure(`callgrind counted nothing of "${name}".`);
  return Math.round(counted / CALLS);
}
