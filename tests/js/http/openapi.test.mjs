/** The served OpenAPI document is valid and agrees with the handler. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { api, base, origin } from '../support/api.mjs';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe('the OpenAPI document', async () => {
  const { document, send } = await api();
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, undefined, 1));
  });

  test('names every operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    assert.deepEqual(ids, [...new Set(ids)]);
  });

  test('refers only to its schemas, and to all of them', () => {
    const { schemas } = document.components;
    const referred = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    assert.deepEqual([...new Set([...referred].map(([, name]) => name))].sort(), Object.keys(schemas).sort());
  });

  test('has every route with exactly its methods', async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const declared = Object.keys(item).map((method) => method.toUpperCase());
      const place = path.replaceAll(/\{\w+\}/g, 'none');
      for (const method of methods) {
        const { status } = await send(place, { method });
        if (declared.includes(method))
          assert.ok(status !== 404 && status !== 405, `${method} ${path}: ${status}`);
        else assert.equal(status, 405, `${method} ${path}`);
      }
      const allow = (await send(place, { method: 'OPTIONS' })).headers.get('allow').split(', ');
      const head = declared.includes('GET') ? ['HEAD'] : [];
      assert.deepEqual(allow, [...declared, ...head, 'OPTIONS'].sort(), path);
    }
  });

  test('is at its own path, and follows the base paths', async () => {
    const served = await (await send(`${base}/openapi.json`)).json();
    assert.deepEqual(served, document);
    const moved = handlerAt('/tokens-api', '');
    assert.ok((await moved).paths['/tokens-api/tokens']);
    assert.ok((await moved).paths['/introspect']);
  });

  test('has the security requirements of each', () => {
    const open = operations
      .filter(({ security }) => security.length === 0)
      .map(({ operationId }) => operationId);
    assert.deepEqual(open, ['getMetadata', 'getOpenApi']);
  });
});

async function handlerAt(basePath, oauthPath) {
  const { createTokens } = await import('leastkey');
  const { handler } = await import('leastkey/http');
  const { memoryStore } = await import('leastkey/stores/memory');
  const { catalog } = await import('../support/api.mjs');
  const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
  const answer = handler(tokens, { authenticate: () => null, basePath, oauthPath });
  return (await answer(new Request(`${origin}${basePath}/openapi.json`))).json();
}
