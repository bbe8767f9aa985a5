import compiled from '../../wasm/leastkey_bg.wasm';

/** The compiled core: workerd compiles modules on import only. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
