import { readFileSync } from 'node:fs';
import type { LoaderFacts } from '../loader-facts.js';

/** A server starts once, so it finds every problem of its catalog then. */
export const facts: LoaderFacts = { check: 'start', isSync: true };

/** The compiled manage module, from the file beside the package's own. */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../../wasm/leastkey_bg.wasm', import.meta.url)));
}
