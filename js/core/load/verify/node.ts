import { existsSync, readFileSync } from 'node:fs';

/**
 * The compiled verify module, from the file beside the package's own; from text in the script, in a
 * bundle that has lost the file.
 */
export function loadModule(): WebAssembly.Module | Promise<WebAssembly.Module> {
  const file = moduleFile();
  if (file !== undefined) return new WebAssembly.Module(readFileSync(file));
  return import('./inline.js').then((inline) => inline.loadModule());
}

function moduleFile(): URL | undefined {
  try {
    const file = new URL('../../../wasm/leastkey_verify.wasm', import.meta.url);
    return existsSync(file) ? file : undefined;
  } catch {
    // A bundle as CommonJS has no such URL.
    return undefined;
  }
}
