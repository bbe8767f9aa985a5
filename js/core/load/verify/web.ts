import { compileResponse } from '../compile.js';

/** The compiled verify module, fetched from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  return compileResponse(await fetch(new URL('../../../wasm/leastkey_verify.wasm', import.meta.url)));
}
