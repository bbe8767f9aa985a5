import { compileResponse } from './compile-response.js';

/** The compiled core, over the network from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../wasm/leastkey_bg.wasm', import.meta.url)));
}
