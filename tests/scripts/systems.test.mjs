/** tests/js/systems/README.md, the report on the sentences of the four documents. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inClone } from '../../scripts/paths.mjs';
import { systemsTable, table } from '../../scripts/systems.mjs';

const read = (...path) => readFileSync(inClone('tests/js', ...path), 'utf8');

test('the report is what sentences.json says; node scripts/systems.mjs writes it', () => {
  assert.equal(readFileSync(table, 'utf8'), systemsTable());
});

test('its HTTP tests exist, and each file of a system has only the tests of its rows', () => {
  for (const { number, file, http, parts } of JSON.parse(read('systems/sentences.json'))) {
    const source = read('systems', file);
    assert.ok(source.includes(`testsOf('${number}')`) && source.trimEnd().endsWith('complete();'), file);
    const named = parts.flatMap(({ sentences }) => sentences.flatMap((sentence) => sentence.http ?? []));
    for (const title of named) assert.ok(read(http).includes(title), `${http} has no test "${title}"`);
  }
});
