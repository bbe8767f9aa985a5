import compressed from '../../wasm/leastkey_edge.inline.js';
import { compileInline } from '../load/compile-inline.js';

/** The compiled core of an edge, from text in the program itself. */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  return compileInline(compressed);
}
