/**
 * Bundles the package's scripts: one file for each entry, and shared code in `chunks/`, because a
 * runtime takes longer to find a file than to read it, and a verifier alone is 35 files. The portal
 * includes Lit, so that the package has no dependency on it.
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Scripts that are not bundled: each runtime loads one of them. */
const apart = /^(core\/load|wasm)\//;

const glue = 'wasm/leastkey.js';

/** @param {string} folder the package, compiled, with its manifest */
export async function bundleEntries(folder) {
  // A fresh clone loads this script before the package is installed.
  const { build } = await import('esbuild');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: entriesOf(manifest),
    outdir: folder,
    outbase: folder,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'inline',
    external: ['node:*', ...outside(manifest)],
    plugins: [glueApart],
    metafile: true,
    // Not the tsconfig of the clone, whose paths are for the compiler.
    tsconfigRaw: {},
    logLevel: 'error',
  });
  const kept = new Set(Object.keys(metafile.outputs));
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!apart.test(name) && !kept.has(name) && isInside(folder, name)) rmSync(join(folder, name));
  }
}

/** The files that a program can import or run. */
const entriesOf = ({ exports, bin }) =>
  [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)]
    .filter((path) => path?.endsWith('.js'))
    .map((path) => join('.', path));

/** Packages that are resolved where the package is used. */
const outside = ({ imports, dependencies, optionalDependencies }) =>
  Object.keys({ ...imports, ...dependencies, ...optionalDependencies }).flatMap((name) => [
    name,
    `${name}/*`,
  ]);

/** The glue of the core is one file, shared by all its importers. */
const glueApart = {
  name: 'the glue of the core',
  setup({ onResolve }) {
    onResolve({ filter: /leastkey\.js$/ }, () => ({ path: `../${glue}`, external: true }));
  },
};

/** Compiled sources that are in a bundle now, and types that only they use. */
const isInside = (folder, name) =>
  name.endsWith('.js') ||
  (name.endsWith('.d.ts') && /from 'lit[/']/.test(readFileSync(join(folder, name), 'utf8')));
