import compiled from '../../wasm/leastkey_edge.wasm';

/** The compiled core of an edge: workerd compiles modules on import only. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
