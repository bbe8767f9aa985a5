import compiled from '../../wasm/leastkey_edge.wasm?module';

/** The compiled core of an edge; as the whole one is loaded. */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
