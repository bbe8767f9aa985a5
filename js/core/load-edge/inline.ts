import compressed from '../../wasm/leastkey_edge.inline.js';
import { compileInline } from '../load/compile.js';

/** The compiled edge core, from text in the script. */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  return compileInline(compressed);
}
