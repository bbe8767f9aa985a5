/** The stores in Rust have the tables of those in JavaScript: both write to the same ones. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const clone = new URL('../../', import.meta.url);
const read = (file) => readFileSync(new URL(file, clone), 'utf8');

/** The exports of a module of the wrapper, from its source. */
async function sourceOf(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, clone))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['#*'],
    logLevel: 'error',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

test('of PostgreSQL', async () => {
  const { factsQuery, migration } = await sourceOf('js/stores/postgres-schema.ts');
  // The placeholders of the files in Rust.
  const names = { table: '{table}', commit: '{commit}', shown: '{shown}' };
  assert.equal(read('native/postgres/src/migration.sql').trim(), migration(names).trim());
  assert.equal(oneSpaced(read('native/postgres/src/facts.sql')), oneSpaced(factsQuery(names)));
});

test('of SQLite', () => {
  const [, inRust] = /const TABLES: &str = "([^"]+)"/.exec(read('native/sqlite/src/schema.rs'));
  const [, inJavaScript] = /const SCHEMA = `([^`]+?)\s*PRAGMA/.exec(read('js/stores/sqlite-schema.ts'));
  assert.equal(oneSpaced(inRust), oneSpaced(inJavaScript));
  for (const constant of ['APPLICATION_ID', 'SCHEMA_VERSION', 'PAGE_BYTES']) {
    const valueIn = (file) =>
      Number(new RegExp(`const ${constant}\\b.* = (\\w+);`).exec(read(file))[1].replaceAll('_', ''));
    assert.equal(valueIn('native/sqlite/src/schema.rs'), valueIn('js/stores/sqlite-schema.ts'), constant);
  }
});

const oneSpaced = (text) => text.trim().replace(/\s+/g, ' ');
