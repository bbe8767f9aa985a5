/**
 * `npm run mutants`: applies each fault of `tests/mutants` to a copy of the sources, and runs the
 * test that has to find it.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inBuild, inClone, root } from './paths.mjs';
import { Failure, report } from './shell/failure.mjs';
import { CommandFailed, run } from './shell/run.mjs';
import { Progress } from './shell/steps.mjs';

const help = `Usage: npm run mutants [-- --rust] [part of a name ...]

Applies each patch of tests/mutants to a copy of the last commit and runs what it names as found-by, which has to fail. A
patch that does not apply, or that no test finds, fails the run.

  --rust   only those that cargo finds; the others build the package, which takes minutes each
  --help   this text`;

const folder = inClone('tests/mutants');

/** The reference model, over 20,000 operations. */
const MODEL = 'cargo test --test model a_run_from_a_seed';

/** @returns the number that was not found */
async function mutants(rustOnly, names) {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .map(read)
    .filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
    .map((mutant) => (rustOnly ? { ...mutant, foundBy: mutant.foundBy.filter(isCargo) } : mutant))
    .filter(({ foundBy }) => foundBy.length > 0);
  if (all.length === 0) throw new Failure(`No mutant has a name like ${names.join(' or ')}.`);
  const steps = all.map((mutant) => ({
    key: isCargo(mutant.foundBy[0]) ? 'mutant-rust' : 'mutant-package',
    label: `${mutant.name}: ${mutant.fault}`,
    estimate: isCargo(mutant.foundBy[0]) ? 30_000 : 240_000,
    work: () => requireFound(mutant),
  }));
  const progress = new Progress('Mutants', steps);
  const failed = [];
  for (const step of steps) {
    try {
      await progress.run(step);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed.push(error.message);
    }
  }
  if (failed.length > 0) console.log(`\n${failed.join('\n\n')}`);
  console.log(`\n${all.length - failed.length} found, ${failed.length} not found`);
  return failed.length;
}

/** A patch, whose first lines have the fault and the commands that find it. */
function read(file) {
  const text = readFileSync(join(folder, file), 'utf8');
  const line = (name) => text.match(new RegExp(`^${name}: (.+)$`, 'm'))?.[1];
  const [fault, foundBy] = [line('fault'), line('found-by')];
  if (fault === undefined || foundBy === undefined)
    throw new Failure(`tests/mutants/${file} has to begin with the lines "fault: …" and "found-by: …".`);
  const commands = foundBy.split(';').map((command) => command.trim());
  return {
    name: file.replace(/\.patch$/, ''),
    fault,
    foundBy: commands.map((command) => (command === 'model' ? MODEL : command)),
    text,
  };
}

const isCargo = (command) => command.startsWith('cargo ');

/** One place for all copies: then cargo compiles only what a patch changes. */
const copy = inBuild('mutant');

/** Every command that a patch names finds its fault. */
async function requireFound({ name, foundBy, text }) {
  rmSync(copy, { recursive: true, force: true });
  try {
    await run('git', ['clone', '--quiet', '--shared', root, copy]);
    const patch = join(copy, '.git', 'mutant.patch');
    writeFileSync(patch, text);
    try {
      await run('git', ['apply', '--recount', patch], { cwd: copy });
    } catch (error) {
      throw new Failure(`${name}: the patch does not apply any more.\n${error.message}`);
    }
    for (const command of foundBy) {
      if (!(await fails(command))) throw new Failure(`${name}: not found by ${command}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Whether a command runs a test, and the test fails. A mutant that does not compile was not found.
 */
async function fails(command) {
  const [program, ...args] = command.split(/\s+/);
  const env = { CARGO_TARGET_DIR: inBuild('target-mutants'), LEASTKEY_QUICK: '1' };
  try {
    await run(program, args, { cwd: copy, env });
    return false;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (/error: could not compile|error\[E\d+\]/.test(error.output))
      throw new Failure(`The mutant does not compile.\n${error.message}`);
    return /FAILED|✘|not ok|# fail [1-9]/.test(error.output);
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { rust: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) console.log(help);
  else process.exitCode = (await mutants(values.rust ?? false, positionals)) === 0 ? 0 : 1;
} catch (error) {
  report(error);
}
