import compiled from '../../wasm/leastkey_edge.wasm?module';

/** The compiled edge core, loaded like the full one. */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
