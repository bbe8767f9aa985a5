import { readFileSync } from 'node:fs';

/** The compiled core of an edge, from the file beside the package's own. */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../wasm/leastkey_edge.wasm', import.meta.url)));
}
