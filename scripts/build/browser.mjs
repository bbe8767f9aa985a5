/**
 * Builds `browser/`, which a page can load without tools. The other files of the package use
 * subpath imports (`#load/verify`), which runtimes and bundlers resolve, but not a `<script
 * type="module">`. The WebAssembly modules are fetched from `wasm/` beside it.
 */

import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const entries = ['index', 'edge', 'portal/index', 'stores/indexeddb', 'stores/memory'];

/** @param {string} folder the package, compiled, with its manifest and `wasm/` */
export async function bundleForPages(folder) {
  // A fresh clone loads this script before the package is installed.
  const { build } = await import('esbuild');
  await build({
    entryPoints: Object.fromEntries(entries.map((name) => [nameOf(name), join(folder, `${name}.js`)])),
    outdir: join(folder, 'browser'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    // No conditions of bundlers: with those the module is text.
    conditions: ['browser'],
    plugins: [moduleBeside],
    chunkNames: '[name]-[hash]',
    // Not the tsconfig of the clone, whose paths are for the compiler.
    tsconfigRaw: {},
    logLevel: 'error',
  });
  // Every other way to the package has a condition or takes the text.
  for (const name of ['manage', 'verify'])
    for (const file of ['web.js', 'web.js.map', 'web.d.ts']) await rm(join(folder, 'core/load', name, file));
}

/**
 * The loaders fetch the module. In `browser/` they are one folder below the package, not three as
 * in `core/load/verify/`: so is their path to `wasm/`.
 */
const moduleBeside = {
  name: 'the module beside the bundle',
  setup({ onResolve, onLoad, initialOptions }) {
    const folder = dirname(initialOptions.outdir);
    onResolve({ filter: /^#load\/(?:manage|verify)$/ }, ({ path }) => ({
      path: join(folder, 'core', path.slice(1), 'web.js'),
    }));
    onLoad({ filter: /\bload[/\\]\w+[/\\]web\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace("'../../../wasm/", "'../wasm/");
      if (contents === source) throw new Error(`${path} names no module in ../../../wasm/`);
      return { contents };
    });
  },
};

/** `portal/index` is `portal.js`, `stores/memory` is `stores-memory.js`. */
const nameOf = (entry) => entry.replace(/\/index$/, '').replace('/', '-');
