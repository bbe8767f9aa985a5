import { existsSync, readFileSync } from 'node:fs';

/** The file of a module beside the package's own; `undefined` in a bundle that has lost it. */
export function fileOf(url: () => URL): URL | undefined {
  try {
    const file = url();
    return existsSync(file) ? file : undefined;
  } catch {
    // A bundle as CommonJS has no such URL.
    return undefined;
  }
}

/** The compiled module of a file; without one, of the text in the script. */
export function loadFile(
  file: URL | undefined,
  inline: () => Promise<{ loadModule(): WebAssembly.Module }>,
): WebAssembly.Module | Promise<WebAssembly.Module> {
  if (file !== undefined) return new WebAssembly.Module(readFileSync(file));
  return inline().then(({ loadModule }) => loadModule());
}
