import compiled from '../../wasm/leastkey_edge.wasm';

/** The compiled core of an edge: workerd compiles modules itself, and nothing else may. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
