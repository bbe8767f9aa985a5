/** docs/systems.md, the table of the sentences of the four documents. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemsTable, table } from '../../scripts/systems.mjs';

test('docs/systems.md is what sentences.json says; node scripts/systems.mjs writes it anew', () => {
  assert.equal(readFileSync(table, 'utf8'), systemsTable());
});
