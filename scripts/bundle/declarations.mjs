/**
 * Rolls up the package's declarations: one file for each entry, which exports the names that are
 * public, and what entries share in `types/`. Other declarations of the compiler are removed, so
 * that an editor offers and shows no internal name.
 *
 * One run over all entries, not one for each: a type that several of them export stays one type.
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { Failure } from '../shell/failure.mjs';

/** Written by hand: markup of frameworks that imports the portal's types, and the `.wasm` files. */
const byHand = /^(?:portal\/(?:preact|react|solid|svelte)|wasm\/module)\.d\.ts$/;

/** @param {string} folder the package, compiled, with its manifest */
export async function rollUpDeclarations(folder) {
  // A fresh clone loads this script before the packages are installed.
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = declarationsOf(manifest).filter((path) => !byHand.test(path));
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((path) => [path.replace(/\.d\.ts$/, ''), join(folder, path)])),
    plugins: [dts({ tsconfig: false })],
    onwarn: ({ message }) => {
      // Such as a type in a public signature that no entry exports.
      throw new Failure(`The declarations of the package: ${message}`);
    },
  });
  for (const path of declarationsIn(folder)) if (!byHand.test(path)) rmSync(join(folder, path));
  await bundle.write({
    dir: folder,
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: ({ name }) => `types/${basename(name, '.d')}.d.ts`,
    minifyInternalExports: false,
  });
  await bundle.close();
}

const declarationsOf = ({ exports }) => [
  ...new Set(Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [normalize(types)]))),
];

const declarationsIn = (folder) =>
  readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.d.ts'));
