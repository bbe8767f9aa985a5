import compiled from '../../../wasm/leastkey_bg.wasm?module';
import type { LoaderFacts } from '../loader-facts.js';

/** The module is there, and what is left costs a worker time before its first answer. */
export const facts: LoaderFacts = { check: 'first', isSync: true };

/**
 * The compiled manage module: Vercel's edge runtime compiles modules on import only. It may do so
 * in another realm, so the module gets the prototype of this realm, which the glue checks.
 */
export function loadModule(): WebAssembly.Module {
  return Object.setPrototypeOf(compiled, WebAssembly.Module.prototype);
}
