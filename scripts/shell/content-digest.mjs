/**
 * Digests of files, to rebuild what has changed. By content, because modification times differ
 * between clones, which share one cache.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../paths.mjs';

/**
 * One digest of files, folders (with all files below them) and further texts; the same in every
 * clone. A missing file has a digest too.
 */
export function contentOf(paths, ...texts) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    hash.update(`\0${relative(root, path)}\0`).update(existsSync(path) ? readFileSync(path) : 'missing');
  }
  for (const text of texts) hash.update(`\0\0${text}`);
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}
