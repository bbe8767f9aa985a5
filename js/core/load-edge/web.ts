import { compileResponse } from '../load/compile-response.js';

/** The compiled core of an edge, over the network from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../wasm/leastkey_edge.wasm', import.meta.url)));
}
