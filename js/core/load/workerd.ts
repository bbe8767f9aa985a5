import compiled from '../../wasm/leastkey_bg.wasm';

/** The compiled core: workerd compiles modules itself, and nothing else may. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
