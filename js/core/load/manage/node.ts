import { fileOf, loadFile } from '../from-file.js';
import type { LoaderFacts } from '../loader-facts.js';

/** A server starts once, so it finds every problem of its catalog then. */
export const facts: LoaderFacts = {
  check: 'start',
  get isSync() {
    return moduleFile() !== undefined;
  },
};

/** The compiled manage module. */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  return loadFile(moduleFile(), () => import('./inline.js'));
}

// A bundler finds the file by this expression.
const moduleFile = () => fileOf(() => new URL('../../../wasm/leastkey_bg.wasm', import.meta.url));
