import compressed from '../../wasm/leastkey_bg.inline.js';
import { compileInline } from './compile.js';

/**
 * The compiled core, from text in the script: for bundlers, which may lose a separate file, and for
 * Deno, which needs a permission to read one. It is compressed, so the download is no larger.
 */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  return compileInline(compressed);
}
