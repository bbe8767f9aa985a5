/** The download size of a program: bundled, minified and compressed, with WebAssembly. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const worker = { conditions: ['workerd', 'worker', 'browser'], platform: 'browser' };
const node = { platform: 'node' };

const bundles = [
  {
    who: 'leastkey/edge',
    program: "export { createVerifier } from 'leastkey/edge'",
    ...worker,
    target: 38,
    ours: true,
  },
  { who: 'leastkey', program: "export { createTokens } from 'leastkey'", ...worker, target: 200, ours: true },
  { who: 'prefixed-api-key', program: "export { checkAPIKey } from 'prefixed-api-key'", ...node },
  { who: 'jose', program: "export { jwtVerify } from 'jose'", ...worker },
  { who: 'fast-jwt', program: "export { createVerifier } from 'fast-jwt'", ...node },
  { who: 'casl', program: "export { createMongoAbility } from '@casl/ability'", ...worker },
  {
    who: 'better-auth',
    program: "export { betterAuth } from 'better-auth'; export { apiKey } from '@better-auth/api-key'",
    ...node,
  },
  { who: 'biscuit-wasm', program: "export { Biscuit } from '@biscuit-auth/biscuit-wasm'", ...worker },
  { who: 'cedar-wasm', program: "export { isAuthorized } from '@cedar-policy/cedar-wasm'", ...worker },
];

/** The kilobytes of a program: its script, and the modules beside it. */
export async function sizeOf({ program, conditions, platform }) {
  const modules = new Set();
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    platform,
    conditions,
    target: 'es2022',
    logLevel: 'error',
    // The tsconfig of the clone would resolve imports of the package to its sources.
    tsconfigRaw: {},
    plugins: [wasmBeside(modules)],
  });
  const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length / 1_000;
  const script = gzip(outputFiles[0].contents);
  const wasm = [...modules].reduce((sum, file) => sum + gzip(readFileSync(file)), 0);
  return { script, wasm };
}

/** Leaves WebAssembly beside the script, and collects the modules. */
function wasmBeside(modules) {
  return {
    name: 'wasm-beside',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === 'resolved') return undefined;
        const found = await resolve(path, {
          kind: from.kind,
          resolveDir: from.resolveDir,
          pluginData: 'resolved',
        });
        modules.add(found.path);
        return { path: found.path, external: true };
      });
    },
  };
}

export const parts = [
  {
    key: 'size',
    title: 'Size: bundled for a worker, minified, gzip',
    estimate: 5_000,
    measure: async () => {
      const rows = [];
      for (const { who, target, ours = false, ...bundle } of bundles) {
        const { script, wasm } = await sizeOf(bundle);
        const note = wasm > 0 ? `${script.toFixed(1)} script + ${wasm.toFixed(1)} wasm` : '';
        rows.push({ who, ours, unit: 'kB', target, median: script + wasm, note });
      }
      return rows;
    },
  },
];
