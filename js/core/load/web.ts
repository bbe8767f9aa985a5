import { compileResponse } from './compile.js';

/** The compiled core, fetched from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../wasm/leastkey_bg.wasm', import.meta.url)));
}
