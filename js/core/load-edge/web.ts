import { compileResponse } from '../load/compile.js';

/** The compiled edge core, fetched from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../wasm/leastkey_edge.wasm', import.meta.url)));
}
