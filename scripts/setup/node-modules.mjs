/** The development tools from npm, exactly as package-lock.json names them. */

import { readFileSync, statSync, utimesSync } from 'node:fs';
import { inClone } from '../paths.mjs';
import { run } from '../shell/run.mjs';

/** npm writes this file at the end of an installation. */
const installed = (folder) => inClone(folder, 'node_modules/.package-lock.json');

/** `folder` is the one of the manifest, in the clone. */
export function haveNodeModules(folder = '.') {
  const wanted = statSync(inClone(folder, 'package-lock.json')).mtimeMs;
  return (statSync(installed(folder), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= wanted;
}

export async function installNodeModules(folder = '.') {
  // NODE_ENV=production in the environment would leave out all of them.
  const all = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  await run('npm', [...howToInstall(folder), ...all], { cwd: inClone(folder) });
  utimesSync(installed(folder), new Date(), new Date());
}

/** The version of a package in package-lock.json. */
export function lockedNodeModule(name) {
  const { packages } = JSON.parse(readFileSync(inClone('package-lock.json'), 'utf8'));
  return packages[`node_modules/${name}`].version;
}

/**
 * A lock file may lack packages for other platforms. `npm ci` treats that as an error, `npm
 * install` resolves them.
 */
const howToInstall = (folder) => (folder === '.' ? ['ci'] : ['install', '--no-save']);

/** A program of a package in node_modules, to be run by this Node. */
export const nodeProgram = (path, folder = '.') => inClone(folder, 'node_modules', path);
