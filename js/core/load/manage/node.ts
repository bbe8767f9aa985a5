import { existsSync, readFileSync } from 'node:fs';
import type { LoaderFacts } from '../loader-facts.js';

/** A server starts once, so it finds every problem of its catalog then. */
export const facts: LoaderFacts = {
  check: 'start',
  get isSync() {
    return moduleFile() !== undefined;
  },
};

/**
 * The compiled manage module, from the file beside the package's own; from text in the script, in a
 * bundle that has lost the file.
 */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  const file = moduleFile();
  if (file !== undefined) return new WebAssembly.Module(readFileSync(file));
  return import('./inline.js').then((inline) => inline.loadModule());
}

function moduleFile(): URL | undefined {
  try {
    const file = new URL('../../../wasm/leastkey_bg.wasm', import.meta.url);
    return existsSync(file) ? file : undefined;
  } catch {
    // A bundle as CommonJS has no such URL.
    return undefined;
  }
}
