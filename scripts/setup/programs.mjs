/** Programs that only tests need: browsers, and valgrind. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstall } from './apt.mjs';

/** Whether `LEASTKEY_WITHOUT` names a runtime or a program that this machine cannot have. */
export const isLeftOut = (name) => (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes(name);

/**
 * Installs the missing ones. Each is named as its Debian package, which is also the name of the
 * program. One that cannot be installed fails here, and in its tests.
 */
export async function installPrograms(wanted) {
  const missing = wanted.filter((name) => !isLeftOut(name.replace('-esr', '')) && !isProgram(name));
  if (missing.length > 0) await aptInstall(missing);
}

const isProgram = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((path) => existsSync(join(path, name)));
