/**
 * Schemathesis, a Python program that makes requests from an OpenAPI document and checks the
 * responses against it. Installed into the cache, in the versions of schemathesis.txt, when a test
 * first needs it.
 */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCache, inClone } from '../paths.mjs';
import { contentOf } from '../shell/content-digest.mjs';
import { Failure } from '../shell/failure.mjs';
import { ask, CommandFailed, run } from '../shell/run.mjs';
import { aptInstall } from './apt.mjs';
import { pipInstall } from './pip.mjs';

const requirements = inClone('scripts/setup/schemathesis.txt');

/** @returns {Promise<string>} the Python that has it */
export async function installSchemathesis() {
  const home = inCache('tools', `schemathesis-${contentOf([requirements]).slice(0, 12)}`);
  const python = join(home, 'bin', 'python');
  const complete = join(home, 'complete');
  if (existsSync(complete)) return python;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dirname(home), { recursive: true });
  await makeEnvironment(home);
  try {
    await pipInstall(python, ['-r', requirements]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new Failure(
      `${error.message}\n\nSchemathesis, which tests the HTTP API, could not be installed from PyPI. ` +
        'This check needs it once; scripts/setup/schemathesis.txt has the versions.',
    );
  }
  writeFileSync(complete, '');
  return python;
}

async function makeEnvironment(home) {
  const make = ['-m', 'venv', home];
  if ((await ask('python3', make)) !== undefined) return;
  rmSync(home, { recursive: true, force: true });
  // Debian has this module in a package of its own.
  await aptInstall(['python3-venv']);
  await run('python3', make);
}
