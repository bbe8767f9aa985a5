/** Runtimes with a command line, without flags or configuration. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { temporaryFolder } from './hosts/bundle.mjs';
import { printedBy } from './hosts/console.mjs';
import { suiteIn } from './hosts/suite-in.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const print = inHere('entries/print.mjs');

suiteIn('node', 'Node', () => printedBy(process.execPath, [print]));
suiteIn('deno', 'Deno, without permissions', () =>
  printedBy(inHere('node_modules/.bin/deno'), ['run', print]),
);
suiteIn('bun', 'Bun', () => printedBy(inHere('node_modules/.bin/bun'), [print]));

suiteIn('node', 'Node, in one file made by esbuild', async () => {
  const outfile = join(temporaryFolder(), 'bundled.mjs');
  await build({
    entryPoints: [print],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return printedBy(process.execPath, [outfile]);
});

describe('Node, with require', () => {
  for (const name of [
    'leastkey',
    'leastkey/edge',
    'leastkey/stores/memory',
    'leastkey/stores/d1',
    'leastkey/import',
  ]) {
    test(`${name} loads: it has no top-level await`, async () => {
      const script = `console.log(JSON.stringify(Object.keys(require(${JSON.stringify(name)}))))`;
      const names = await printedBy(process.execPath, [
        '--no-warnings',
        '--input-type=commonjs',
        '-e',
        script,
      ]);
      assert.notDeepEqual(names, []);
    });
  }
});
