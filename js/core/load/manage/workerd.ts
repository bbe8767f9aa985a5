import compiled from '../../../wasm/leastkey_bg.wasm';
import type { LoaderFacts } from '../loader-facts.js';

/** The module is there, and what is left costs a worker time before its first answer. */
export const facts: LoaderFacts = { check: 'first', isSync: true };

/** The compiled manage module: workerd compiles modules on import only. */
export function loadModule(): WebAssembly.Module {
  return compiled;
}
