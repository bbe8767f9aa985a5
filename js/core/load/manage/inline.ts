import encoded from '../../../wasm/leastkey_bg.inline.js';
import { compileInline } from '../compile.js';
import type { LoaderFacts } from '../loader-facts.js';

export const facts: LoaderFacts = { check: 'first', isSync: true };

/**
 * The compiled manage module, from text in the script: for bundlers, which may lose a separate
 * file, and for Deno, which needs a permission to read one.
 */
export function loadModule(): WebAssembly.Module {
  return compileInline(encoded);
}
