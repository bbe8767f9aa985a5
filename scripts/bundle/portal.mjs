/**
 * The portal as one file, `portal/index.js`: what it is drawn with (Lit) is inside, so that the package needs nothing more; the rest
 * of the package stays outside, so that a program that uses both has one core.
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** @param {string} folder the package, compiled */
export async function bundlePortal(folder) {
  // Not there yet when a fresh clone loads this script.
  const { build } = await import('esbuild');
  const portal = join(folder, 'portal');
  const entry = join(portal, 'index.js');
  await build({
    entryPoints: [entry],
    outfile: entry,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'inline',
    plugins: [outside(portal)],
    // Not the clone's, whose paths are for the compiler.
    tsconfigRaw: {},
    logLevel: 'error',
  });
  for (const name of readdirSync(portal, { recursive: true })) {
    const file = join(portal, name);
    if (file !== entry && isInside(file)) rmSync(file);
  }
}

/** Compiled sources that are in the bundle now, and types that only they have a use for. */
const isInside = (file) =>
  file.endsWith('.js') || (file.endsWith('.d.ts') && /from 'lit[/']/.test(readFileSync(file, 'utf8')));

/** Leaves out what lies in the package but not in the portal. */
const outside = (portal) => ({
  name: 'the rest of the package',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\// }, ({ path, importer }) => {
      const target = resolve(dirname(importer), path);
      if (target.startsWith(portal) || importer.includes('node_modules')) return undefined;
      return { path: relative(portal, target), external: true };
    });
  },
});
