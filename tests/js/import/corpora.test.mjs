/**
 * OpenAPI documents of large public APIs, from development packages: each makes a catalog that
 * compiles, and each of its operations needs its own permission.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importOpenApi } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { routesOf } from '../support/import-fixtures.mjs';
import { Random } from '../support/random.mjs';

const require = createRequire(import.meta.url);

/** By the file in a package: the operations that the document has. */
const DOCUMENTS = {
  '@octokit/routes/api.github.com.json': 608,
  '@octokit/routes/ghe-2.18.json': 500,
  '@octokit/routes/ghe-2.19.json': 505,
  '@octokit/routes/ghe-2.20.json': 510,
  '@octokit/routes/ghe-2.21.json': 546,
  'rclone-openapi/openapi.json': 101,
  'shipengine-openapi/openapi.json': 76,
};

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** How many requests are made for each operation. */
const REQUESTS = 20;

/** Each operation as the document has it: the method, and the path with its parameters. */
function operationsOf({ paths, servers }) {
  const base = new URL(servers?.[0]?.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '');
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      method: method.toUpperCase(),
      path: decodeURI(`${base}${path}`),
    })),
  );
}

const requestTo = (path, random) =>
  path.replace(/\{[^{}]*\}/g, () =>
    Array.from({ length: 1 + random.below(16) }, () => random.pick([...CHARACTERS])).join(''),
  );

for (const [file, count] of Object.entries(DOCUMENTS)) {
  describe(file, () => {
    const document = JSON.parse(readFileSync(require.resolve(file), 'utf8'));
    const operations = operationsOf(document);

    test(`has ${count} operations`, () => assert.equal(operations.length, count));

    for (const permissions of ['operations', 'methods']) {
      test(`by ${permissions}: every operation needs its own permission`, async () => {
        const { catalog, notes } = importOpenApi(document, { permissions });
        assert.deepEqual(notes, []);
        const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
        const permissionOf = routesOf(catalog);
        const random = new Random(count);
        let both = 0;
        for (const { method, path } of operations) {
          const own = permissionOf[`${method} ${path}`];
          assert.ok(own, `${method} ${path}`);
          for (let time = 0; time < REQUESTS; time += 1) {
            const request = requestTo(path, random);
            const needed = tokens.match(method, request);
            const all = needed?.all?.map(({ permission }) => permission) ?? [needed?.permission];
            assert.ok(all.includes(own), `${method} ${request} needs ${all}, not ${own}`);
            both += all.length > 1 ? 1 : 0;
          }
        }
        // Some paths of one document cross: a request that both match needs both.
        assert.ok(both <= (operations.length * REQUESTS) / 100, `${both} requests need several permissions`);
      });
    }
  });
}

test('together they are one catalog', async () => {
  const services = {};
  for (const [at, file] of Object.keys(DOCUMENTS).entries()) {
    const document = JSON.parse(readFileSync(require.resolve(file), 'utf8'));
    const basePath = `/api-${at}`;
    const { catalog } = importOpenApi(document, {
      service: `api-${at}`,
      basePath,
      permissions: 'operations',
    });
    Object.assign(services, catalog.services);
  }
  const tokens = await createTokens({ catalog: { services }, store: memoryStore(), prefix: 'test' });
  const total = Object.values(DOCUMENTS).reduce((sum, count) => sum + count, 0);
  assert.equal(tokens.resolve({ role: 'admin' }, { tree: false }).permissions.length, total);
  assert.ok(tokens.match('GET', '/api-0/repos/octo/cat/issues/7'));
});
