import compiled from '../../../wasm/leastkey_verify.wasm';

/** The compiled verify module: workerd compiles modules on import only. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
