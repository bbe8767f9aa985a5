import { compileResponse } from './compile-response.js';
import { hasSimd } from './simd.js';

/** The compiled core, over the network from beside this script. */
export async function loadModule(): Promise<WebAssembly.Module> {
  const file = hasSimd
    ? new URL('../wasm/leastkey_simd.wasm', import.meta.url)
    : new URL('../wasm/leastkey_bg.wasm', import.meta.url);
  return compileResponse(await fetch(file));
}
