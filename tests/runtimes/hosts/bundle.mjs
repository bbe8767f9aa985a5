/** Bundles as the tools of each platform make them. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** An empty folder that is deleted at the end of the process. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-runtimes-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A worker for workerd, made as wrangler makes it: one script with the conditions of a worker, and
 * WebAssembly modules beside it.
 * @returns the modules, as miniflare takes them
 */
export async function bundleWorker(entry, conditions = ['workerd', 'worker', 'browser']) {
  const outdir = temporaryFolder();
  await build({
    entryPoints: [entry],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions,
    external: ['cloudflare:*', 'node:*'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
  });
  // miniflare starts the first of its modules.
  return readdirSync(outdir)
    .sort((one) => (one.endsWith('.mjs') ? -1 : 1))
    .map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(outdir, name),
    }));
}

/**
 * A script for Vercel's edge runtime, made as its build makes it: one script, in which
 * `….wasm?module` is a module that the platform compiled and put in reach.
 * @returns the text of the script, and the file of each module by its global name
 */
export async function bundleEdgeFunction(entry) {
  const modules = {};
  const compiledElsewhere = {
    name: 'wasm-module',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /\.wasm\?module$/ }, async ({ path, kind, resolveDir }) => ({
        ...(await resolve(path.replace(/\?module$/, ''), { kind, resolveDir, pluginData: 'resolved' })),
        namespace: 'wasm-module',
      }));
      onLoad({ filter: /./, namespace: 'wasm-module' }, ({ path }) => {
        const name = `wasm_${Object.keys(modules).length}`;
        modules[name] = path;
        return { contents: `export default ${name};` };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'edgeFunction',
    platform: 'browser',
    target: 'es2022',
    conditions: ['edge-light', 'worker'],
    plugins: [compiledElsewhere],
    logLevel: 'error',
  });
  return { script: outputFiles[0].text, modules };
}
