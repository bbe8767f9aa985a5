import { compileResponse } from '../compile.js';
import type { LoaderFacts } from '../loader-facts.js';

export const facts: LoaderFacts = { check: 'start', isSync: false };

/** The compiled manage module, fetched from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../../wasm/leastkey_bg.wasm', import.meta.url)));
}
