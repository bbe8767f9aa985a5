import encoded from '../../../wasm/leastkey_verify.inline.js';
import { compileInline } from '../compile.js';

/** The compiled verify module, from text in the script. */
export function loadModule(): WebAssembly.Module {
  return compileInline(encoded);
}
