/**
 * Compiled cores in the cache, by a digest of their inputs, for all clones. Cargo cannot do this:
 * its fingerprints are of one clone, and do not cover wasm-bindgen and wasm-opt, which take most of
 * the minutes.
 */

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { inCache } from '../paths.mjs';
import { replaceFolder } from './folders.mjs';

/** The number of cores that are kept, by their last use. */
const MAX_CORES = 8;

export const cachedCore = (digest) => inCache('cores', digest);

export function isCached(digest) {
  if (!existsSync(cachedCore(digest))) return false;
  utimesSync(cachedCore(digest), new Date(), new Date());
  return true;
}

/** Caches the core that `fill` writes into a folder. */
export async function cacheCore(digest, fill) {
  const scratch = inCache('cores', `new-${process.pid}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    await fill(join(scratch, 'core'));
    replaceFolder(join(scratch, 'core'), cachedCore(digest));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const lastUse = (name) => statSync(inCache('cores', name)).mtimeMs;
  const stale = readdirSync(inCache('cores'))
    .sort((one, other) => lastUse(other) - lastUse(one))
    .slice(MAX_CORES);
  for (const name of stale) rmSync(inCache('cores', name), { recursive: true, force: true });
}
