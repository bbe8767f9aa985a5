/**
 * What each part of the build was last made from, so that a part is made again only when that has
 * changed.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { inBuild } from '../paths.mjs';
import { contentOf } from '../shell/content.mjs';

const file = inBuild('stamps.json');

/**
 * @param {string} part
 * @param {string} inputs digest of everything the part is made from
 * @param {string} folder what the part makes; it is made again when somebody has changed it, too
 */
export function upToDate(part, inputs, folder) {
  const stamp = stamps()[part];
  return stamp?.inputs === inputs && stamp.outputs === contentOf([folder]);
}

export function stamp(part, inputs, folder) {
  mkdirSync(inBuild(), { recursive: true });
  const outputs = contentOf([folder]);
  writeFileSync(file, JSON.stringify({ ...stamps(), [part]: { inputs, outputs } }, undefined, 2));
}

/** Without a readable file everything is made again. */
function stamps() {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch {
    return {};
  }
}
