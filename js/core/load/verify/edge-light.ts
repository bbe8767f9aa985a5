import compiled from '../../../wasm/leastkey_verify.wasm?module';

/**
 * The compiled verify module: Vercel's edge runtime compiles modules on import only. It may do so
 * in another realm, so the module gets the prototype of this realm.
 */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
