import compiled from '../../wasm/leastkey_bg.wasm?module';

/**
 * The compiled core: Vercel's edge runtime compiles modules on import only. It may do so in another
 * realm, so the module gets the prototype of this realm, which the glue checks.
 */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
