/** `leastkey import`, run as a separate process. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { importOpenApi } from 'leastkey/import';
import { deployment } from '../../support/cli-process.mjs';
import { idsOf, published, routesOf } from '../../support/import-fixtures.mjs';

describe('leastkey import', () => {
  const { leastkey, remove } = deployment();
  test.after(remove);

  test('openapi: the catalog on standard output, the notes on standard error', async () => {
    const file = published('3.0/json/petstore.json');
    const imported = importOpenApi(JSON.parse(readFileSync(file, 'utf8')));
    const { exit, stderr, json } = await leastkey(['import', 'openapi', file]);
    assert.equal(exit, 0);
    assert.deepEqual(json(), imported.catalog);
    assert.deepEqual(
      stderr.trimEnd().split('\n'),
      imported.notes.map(({ path, message }) => `${path}: ${message}`),
    );
  });

  test('openapi --json: both in one object; options; standard input', async () => {
    const input = readFileSync(published('3.1/json/train-travel.json'), 'utf8');
    const args = ['import', 'openapi', '-', '--service', 'travel', '--base-path', '/v1', '--json'];
    const { exit, stderr, json } = await leastkey(args, { input });
    assert.deepEqual([exit, stderr], [0, '']);
    assert.deepEqual(json(), importOpenApi(JSON.parse(input), { service: 'travel', basePath: '/v1' }));
    assert.ok('GET /v1/stations' in routesOf(json().catalog));
  });

  test('scopes: from standard input', async () => {
    const { exit, stderr, json } = await leastkey(['import', 'scopes', '-', '--service', 'shop'], {
      input: 'read:pets # Read\nread/pets',
    });
    assert.equal(exit, 0);
    assert.deepEqual(idsOf(json()), ['shop:read:pets', 'shop:read:pets-2']);
    assert.match(stderr, /^line 2: /);
  });

  for (const [title, args, input, message] of [
    ['no such file', ['openapi', './nowhere.json'], '', /cannot read/],
    ['no JSON', ['openapi', '-'], 'openapi: 3.0.0', /not JSON.*YAML/],
    ['no document', ['openapi', '-'], '{}', /OpenAPI 3/],
    ['no scopes', ['scopes', '-'], '', /nothing to make a permission of/],
    ['an unknown option', ['scopes', '-', '--servce', 'x'], '', /--service/],
    ['an unknown source', ['swagger', '-'], '', /swagger/],
    ['nothing', [], '', /openapi.*\n.*scopes/],
  ]) {
    test(`${title}: exit 2, and what would be right`, async () => {
      const { exit, stdout, stderr } = await leastkey(['import', ...args], { input });
      assert.equal(exit, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });
  }
});
