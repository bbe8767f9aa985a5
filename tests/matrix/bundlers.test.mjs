/** Bundles for Node by the tools of others, run in another folder. */

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import rspack from '@rspack/core';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import webpack from 'webpack';
import { failures, inHere, print, program, project, run, temporaryFolder } from './hosts.mjs';

const require = createRequire(import.meta.url);

/** webpack, and rspack with the same options. */
const packed =
  (pack, filename, options = {}) =>
  (path) =>
    new Promise((resolve, reject) => {
      const output = { path, filename };
      pack({ mode: 'production', target: 'node', entry: print, output, ...options }, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
        else resolve(filename);
      });
    });

async function rolled(make, options, output) {
  const bundle = await make({ input: print, ...options });
  await bundle.write(output);
}

/** By title: makes a program in a folder, and returns its name. */
const BUNDLES = {
  'webpack, CommonJS': packed(webpack, 'out.cjs'),
  'webpack, with conditions of its own': packed(webpack, 'out.cjs', {
    resolve: { conditionNames: ['import', 'node'] },
  }),
  'rspack, CommonJS': packed(rspack, 'out.cjs'),
  'rollup, CommonJS': async (dir) => {
    const external = [/^node:/];
    await rolled(
      rollup,
      { external, plugins: [nodeResolve()] },
      { dir, format: 'cjs', entryFileNames: 'out.cjs' },
    );
    return 'out.cjs';
  },
  'rolldown, CommonJS': async (dir) => {
    await rolled(rolldown, { platform: 'node' }, { dir, format: 'cjs', entryFileNames: 'out.cjs' });
    return 'out.cjs';
  },
  'rolldown, for no platform': async (dir) => {
    await rolled(rolldown, { platform: 'neutral' }, { dir, format: 'esm', entryFileNames: 'out.mjs' });
    return 'out.mjs';
  },
  'tsup, CommonJS': async (dir) => {
    const { build } = require('tsup');
    const noExternal = [/.*/];
    await build({
      entry: { out: print },
      outDir: dir,
      format: 'cjs',
      silent: true,
      config: false,
      noExternal,
    });
    return 'out.cjs';
  },
  ncc: async (dir) => {
    const { code, assets } = await require('@vercel/ncc')(print, { quiet: true, esm: true });
    writeFileSync(join(dir, 'out.mjs'), code);
    for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(dir, name), source);
    return 'out.mjs';
  },
  'parcel, with packageExports': async (dir) => {
    const folder = project({
      'package.json': {
        name: 'parcelled',
        source: 'runtimes/entries/print.mjs',
        '@parcel/resolver-default': { packageExports: true },
        targets: {
          main: { context: 'browser', outputFormat: 'esmodule', includeNodeModules: true },
        },
        main: 'dist/out.mjs',
      },
    });
    cpSync(inHere('../runtimes'), join(folder, 'runtimes'), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    const { code, output } = await run(program('parcel'), ['build', '--no-cache'], { cwd: folder });
    assert.equal(code, 0, output);
    cpSync(join(folder, 'dist'), dir, { recursive: true });
    return 'out.mjs';
  },
};

describe('a bundle for Node, moved', () => {
  for (const [title, bundle] of Object.entries(BUNDLES))
    test(title, { timeout: 200_000 }, async () => {
      const folder = temporaryFolder();
      const name = await bundle(folder);
      assert.deepEqual(await failures(process.execPath, [join(folder, name)]), []);
    });

  test('bun build --compile', async () => {
    const out = join(temporaryFolder(), 'program');
    const { code, output } = await run(program('bun'), ['build', print, '--compile', `--outfile=${out}`], {
      cwd: dirname(print),
    });
    assert.equal(code, 0, output);
    assert.deepEqual(await failures(out, []), []);
  });

  test('webpack with the SQLite store, libsql external', async () => {
    const folder = temporaryFolder();
    const entry = inHere('../runtimes/entries/sqlite.mjs');
    const name = await packed(webpack, 'out.cjs', { entry, externals: ['libsql'] })(folder);
    // Where libsql is: beside the package.
    const { stdout, output } = await run(process.execPath, [join(folder, name)], { cwd: inHere('../..') });
    assert.deepEqual(JSON.parse(stdout || 'null'), ['kept'], output);
  });
});
