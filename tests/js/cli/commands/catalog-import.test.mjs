/** `leastkey catalog import`, run as a separate process. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { importOpenApi } from 'leastkey/import';
import { parse, stringify } from 'yaml';
import { deployment } from '../../support/cli-process.mjs';
import { idsOf, published, routesOf } from '../../support/import-fixtures.mjs';

describe('leastkey catalog import', () => {
  const { folder, leastkey, remove } = deployment();
  test.after(remove);
  const imports = (args, options) => leastkey(['catalog', 'import', ...args], options);

  test('the catalog on standard output; what was left out, why, and a summary on standard error', async () => {
    const file = published('3.0/json/petstore.json');
    const imported = importOpenApi(JSON.parse(readFileSync(file, 'utf8')));
    const { exit, stderr, json } = await imports([file]);
    assert.equal(exit, 0);
    assert.deepEqual(json(), imported.catalog);
    for (const { path, message } of imported.notes) {
      assert.ok(stderr.includes(`: ${message}\n`), message);
      assert.ok(stderr.includes(path) || stderr.includes('more places'), path);
    }
    assert.match(stderr, /\n2 permissions and \d+ routes from openapi, \d+ notes\n$/);
  });

  test('--json: all in one object; options; standard input', async () => {
    const input = readFileSync(published('3.1/json/train-travel.json'), 'utf8');
    const args = ['-', '--service', 'travel', '--base-path', '/v1', '--json'];
    const { exit, stderr, json } = await imports(args, { input });
    assert.deepEqual([exit, stderr], [0, '']);
    const { catalog, notes } = importOpenApi(JSON.parse(input), { service: 'travel', basePath: '/v1' });
    assert.deepEqual(json(), { format: 'openapi', catalog, notes, warnings: [] });
    assert.ok('GET /v1/stations' in routesOf(json().catalog));
  });

  test('--permissions: of operations, and of reading, writing and deleting', async () => {
    const file = published('3.1/json/train-travel.json');
    const of = async (naming) => idsOf((await imports([file, '--permissions', naming])).json());
    assert.ok((await of('operations')).includes('Stations:get-stations'));
    assert.deepEqual(
      (await of('methods')).filter((id) => id.startsWith('Bookings:')),
      ['Bookings:delete', 'Bookings:read', 'Bookings:write'],
    );
  });

  test('YAML in and YAML out; an existing file stays', async () => {
    const document = JSON.parse(readFileSync(published('3.1/json/train-travel.json'), 'utf8'));
    const [source, out] = ['openapi.yaml', 'catalog.yaml'].map((name) => join(folder, name));
    writeFileSync(source, stringify(document));
    const { exit, stdout, stderr } = await imports([source, '--out', out]);
    assert.deepEqual([exit, stdout], [0, ''], stderr);
    assert.match(stderr, /written {2}.*catalog\.yaml\n$/);
    assert.deepEqual(parse(readFileSync(out, 'utf8')), importOpenApi(document).catalog);
    const again = await imports([source, '--out', out]);
    assert.equal(again.exit, 2);
    assert.match(again.stderr, /^leastkey: --out: .*catalog\.yaml is there already/);
    const check = await leastkey(['catalog', 'check', out]);
    assert.equal(check.exit, 0, check.stdout);
  });

  test('YAML on standard output has what controls a terminal as escapes only', async () => {
    const input = 'read:a';
    const document = {
      openapi: '3.1.0',
      info: { title: 'Tricky' },
      paths: { '/a': { get: { operationId: 'a', summary: 'x\u202ey\u001b[2J: "z"\n- b' } } },
    };
    const { exit, stdout } = await imports(['-', '--yaml'], { input: JSON.stringify(document) });
    assert.equal(exit, 0);
    assert.ok(!/[\p{Bidi_Control}\p{Cc}]/u.test(stdout.replaceAll('\n', '')), stdout);
    assert.equal(parse(stdout).services.tricky.permissions.a.title, document.paths['/a'].get.summary);
    assert.match((await imports(['-', '--yaml'], { input })).stdout, /^services:\n {2}read:\n/);
  });

  for (const [format, content, ids] of [
    [
      'discovery',
      {
        kind: 'discovery#restDescription',
        name: 'store',
        resources: { b: { methods: { get: { id: 'store.b.get', httpMethod: 'GET', path: 'b' } } } },
      },
      ['store:b:get'],
    ],
    [
      'postman',
      { info: { name: 'Shop' }, item: [{ name: 'List', request: { method: 'GET', url: 'https://a/b' } }] },
      ['shop:List'],
    ],
    ['unkey', { permissions: [{ name: 'Read', slug: 'documents.read' }] }, ['documents:read']],
    ['actions', { s3: ['GetObject'] }, ['s3:GetObject']],
    ['actions', ['s3:GetObject', 'sqs:SendMessage'], ['s3:GetObject', 'sqs:SendMessage']],
    ['actions', 's3:GetObject # Read\nsqs:*', ['s3:GetObject']],
    ['scopes', ['read:pets'], ['read:pets']],
    ['scopes', 'read:pets # Read\nread/pets', ['read:pets', 'read:pets-2']],
  ]) {
    test(`${format} is recognised in ${JSON.stringify(content).slice(0, 40)}`, async () => {
      const input = typeof content === 'string' ? content : JSON.stringify(content);
      const { exit, stderr, json } = await imports(['-'], { input });
      assert.equal(exit, 0, stderr);
      assert.deepEqual(idsOf(json()), ids);
      assert.match(stderr, new RegExp(`from ${format}, \\d+ notes?\n$`));
    });
  }

  test('the same note at many places is one line', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`/a${at}`, { trace: { operationId: `t${at}` } }]),
    );
    const input = JSON.stringify({ openapi: '3.1.0', info: { title: 'T' }, paths });
    const { stderr } = await imports(['-'], { input });
    assert.match(stderr, /, and 27 more places: has no route: there are none for TRACE\n/);
    assert.equal(stderr.trimEnd().split('\n').length, 2);
  });

  for (const [title, args, input, message] of [
    ['no such file', ['./nowhere.json'], '', /cannot read/],
    ['no YAML', ['-'], 'openapi: 3.0.0\nx: [', /not YAML.*line 2/],
    ['no JSON', ['-'], '{ openapi: 3.0.0', /not JSON.*line 1/],
    ['no format', ['-'], '{}', /not one of openapi, discovery.*--from/],
    ['another version', ['-'], '{"swagger":"2.0"}', /OpenAPI 3.*Swagger 2/],
    ['a document of another format', ['-', '--from', 'postman'], '{"openapi":"3.1.0"}', /Postman/],
    ['no scopes', ['-', '--from', 'scopes'], '', /nothing to make a permission of/],
    ['an option of another format', ['-', '--base-path', '/v1'], 'read:a', /--base-path is for openapi/],
    ['a wrong service', ['-', '--service', 'a b'], 'read:a', /^leastkey: --service: expected/],
    ['an unknown option', ['-', '--servce', 'x'], '', /--service/],
    ['an unknown format', ['-', '--from', 'swagger'], '', /--from: "swagger" is wrong/],
    ['nothing', [], '', /<file> is required/],
  ]) {
    test(`${title}: exit 2, and what would be right`, async () => {
      const { exit, stdout, stderr } = await imports(args, { input });
      assert.deepEqual([exit, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
