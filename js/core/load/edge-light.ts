import compiled from '../../wasm/leastkey_bg.wasm?module';

/**
 * The compiled core: Vercel's edge runtime compiles modules itself, and nothing else may. Where it
 * does so in another realm than this script's, the glue takes the module for something else unless
 * it is given this realm's prototype.
 */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
