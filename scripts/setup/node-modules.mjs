/** The development tools from npm, exactly as package-lock.json names them. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inClone } from '../paths.mjs';
import { contentOf } from '../shell/content.mjs';
import { run } from '../shell/run.mjs';

/** Says for which package-lock.json the folder was filled. */
const stamp = (folder) => inClone(folder, 'node_modules/.leastkey-lock');

const wanted = (folder) => contentOf([inClone(folder, 'package.json'), inClone(folder, 'package-lock.json')]);

/** `folder` is the one of the manifest, in the clone. */
export function haveNodeModules(folder = '.') {
  return existsSync(stamp(folder)) && readFileSync(stamp(folder), 'utf8') === wanted(folder);
}

export async function installNodeModules(folder = '.') {
  // Someone may have NODE_ENV=production set, which would leave out all of it.
  const all = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  await run('npm', [...howToInstall(folder), ...all], { cwd: inClone(folder) });
  writeFileSync(stamp(folder), wanted(folder));
}

/**
 * The registry by which a lock file was made may have lacked what only other platforms want. `npm
 * ci` takes that for an error, `npm install` looks for it.
 */
const howToInstall = (folder) => (folder === '.' ? ['ci'] : ['install', '--no-save']);

/** The program that a package of node_modules brings, to be run by this Node. */
export const nodeProgram = (path, folder = '.') => inClone(folder, 'node_modules', path);
