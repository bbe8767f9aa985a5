import { readFileSync } from 'node:fs';

/** The compiled verify module, from the file beside the package's own. */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../../wasm/leastkey_verify.wasm', import.meta.url)));
}
