import { readFileSync } from 'node:fs';
import { hasSimd } from './simd.js';

/** The compiled core, from the file beside the package's own. */
export function loadModule(): WebAssembly.Module {
  const file = hasSimd
    ? new URL('../wasm/leastkey_simd.wasm', import.meta.url)
    : new URL('../wasm/leastkey_bg.wasm', import.meta.url);
  return new WebAssembly.Module(readFileSync(file));
}
