/** The set-up of each store in docs/storage.md is code that compiles with the tests. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inClone } from '../../scripts/paths.mjs';

const folder = 'tests/js/stores/set-up';

test('docs/storage.md has the set-up of each store as it compiles', () => {
  const guide = readFileSync(inClone('docs/storage.md'), 'utf8');
  const files = readdirSync(inClone(folder)).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length >= 6);
  for (const name of files) {
    const text = readFileSync(inClone(folder, name), 'utf8');
    const [, snippet] = /^\/\/ #region set-up\n(.*?\n)\n*^\/\/ #endregion$/ms.exec(text) ?? [];
    assert.ok(snippet, `${folder}/${name} has a region`);
    assert.ok(guide.includes(`\`\`\`ts\n${snippet}\`\`\`\n`), `docs/storage.md has ${folder}/${name}`);
  }
});
