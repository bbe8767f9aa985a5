/** The development tools from npm, exactly as package-lock.json names them. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inClone } from '../paths.mjs';
import { contentOf } from '../shell/content.mjs';
import { run } from '../shell/run.mjs';

/** Says for which package-lock.json the folder was filled. */
const stamp = inClone('node_modules/.leastkey-lock');

const wanted = () => contentOf([inClone('package.json'), inClone('package-lock.json')]);

export function haveNodeModules() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

export async function installNodeModules() {
  // Someone may have NODE_ENV=production set, which would leave out all of it.
  await run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']);
  writeFileSync(stamp, wanted());
}

/** The program that a package of node_modules brings, to be run by this Node. */
export const nodeProgram = (path) => inClone('node_modules', path);
