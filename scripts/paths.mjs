/** Paths. Generated files are in `build/` of the clone or, shared by all clones, in the cache. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

const { LEASTKEY_CACHE, XDG_CACHE_HOME, CARGO_HOME } = process.env;

/** Compiled dependencies and tools; a second clone finds them here. */
export const cache = LEASTKEY_CACHE
  ? resolve(LEASTKEY_CACHE)
  : join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'leastkey');

export const cargoHome = CARGO_HOME || join(homedir(), '.cargo');

/** A path in the clone. */
export const inClone = (...parts) => join(root, ...parts);

/** A path in the clone's own folder for generated files. */
export const inBuild = (...parts) => join(root, 'build', ...parts);

/** A path in the cache. */
export const inCache = (...parts) => join(cache, ...parts);

/** The published package, as the build leaves it. */
export const packageFolder = inClone('pkg');
