import { readFileSync } from 'node:fs';

/** The compiled core, from the file beside the package's own. */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../wasm/leastkey_bg.wasm', import.meta.url)));
}
