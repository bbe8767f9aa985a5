import { fileOf, loadFile } from '../from-file.js';

/** The compiled verify module. */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  // A bundler finds the file by this expression.
  const file = fileOf(() => new URL('../../../wasm/leastkey_verify.wasm', import.meta.url));
  return loadFile(file, () => import('./inline.js'));
}
