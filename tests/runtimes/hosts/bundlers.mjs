/** Bundlers with their defaults: an entry and an output folder. */

import { build as esbuild } from 'esbuild';
import { createServer, build as vite } from 'vite';
import webpack from 'webpack';

const root = new URL('..', import.meta.url).pathname;
const page = `${root}entries/page.mjs`;

/** By bundler: makes `page.js` in a folder. */
export const bundlers = {
  esbuild: (outdir) =>
    esbuild({ entryPoints: [page], outdir, bundle: true, format: 'esm', logLevel: 'error' }),

  webpack: (path) =>
    new Promise((resolve, reject) => {
      webpack({ mode: 'production', entry: page, output: { path, filename: 'page.js' } }, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
        else resolve();
      });
    }),

  Vite: (outDir) =>
    vite({
      root,
      configFile: false,
      logLevel: 'error',
      build: {
        outDir,
        emptyOutDir: true,
        rollupOptions: { input: page, output: { entryFileNames: 'page.js' } },
      },
    }),
};

/** The page that loads the bundle. */
export const html = '<!doctype html><title>bundled</title><script type="module" src="./page.js"></script>';

/**
 * Vite's development server, which serves modules one by one and its own copies of the
 * dependencies.
 */
export async function startVite(cacheDir) {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir,
    server: { host: '127.0.0.1', port: 0 },
  });
  await server.listen();
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}/entries/bundled.html`, close: () => server.close() };
}
