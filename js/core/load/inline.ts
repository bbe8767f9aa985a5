import compressed from '../../wasm/leastkey_bg.inline.js';
import { compileInline } from './compile-inline.js';

/**
 * The compiled core, from text in the program itself. It is for where a file beside it may get lost
 * (bundlers) or may not be read without a permission (Deno). Being compressed it costs no more to
 * download than the file.
 */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  return compileInline(compressed);
}
