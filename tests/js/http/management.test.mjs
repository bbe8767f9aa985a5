/** The management API, as a portal uses it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { api, base, catalog, input, origin, people } from '../support/api.mjs';
import { expect } from '../support/expect-status.mjs';

describe('the life of a token over HTTP', () => {
  test('create, read, disable, enable, revoke, delete', async () => {
    const { as, tokens } = await api();
    const ada = as('ada');
    const made = await ada('POST', '/tokens', input());
    const { token, record } = await expect(201, made);
    assert.equal(made.headers.get('location'), `${base}/tokens/${record.id}`);
    assert.equal(made.headers.get('etag'), '"1"');
    const code = async () => (await tokens.verify(token)).code;
    assert.equal(await code(), 'valid');
    assert.deepEqual(await expect(200, ada('GET', `/tokens/${record.id}`)), record);
    assert.deepEqual(await expect(200, ada('GET', '/tokens?owner=org%3Aacme')), {
      items: [{ ...record, permissionCount: record.permissions.length }],
    });

    const disabled = await ada('POST', `/tokens/${record.id}/disable`);
    assert.equal(disabled.headers.get('etag'), '"2"');
    assert.equal(await code(), 'disabled');
    await expect(200, ada('POST', `/tokens/${record.id}/enable`));
    assert.equal(await code(), 'valid');
    const revoked = await expect(
      200,
      ada('POST', `/tokens/${record.id}/revoke`, { reason: 'laptop stolen' }),
    );
    assert.equal(revoked.reason, 'laptop stolen');
    assert.equal(await code(), 'revoked');
    assert.equal((await expect(409, ada('POST', `/tokens/${record.id}/enable`))).code, 'terminal');
    assert.deepEqual(await expect(200, ada('DELETE', `/tokens/${record.id}`)), { id: record.id });
    assert.equal(await code(), 'unknown');
    await expect(404, ada('GET', `/tokens/${record.id}`));
  });

  test('a revocation needs no reason', async () => {
    const { as } = await api();
    const { record } = await expect(201, as('ada')('POST', '/tokens', input()));
    assert.equal((await expect(200, as('ada')('POST', `/tokens/${record.id}/revoke`))).status, 'revoked');
  });

  test('pages are read by their cursor, and filters are passed on', async () => {
    const { as } = await api();
    for (let index = 0; index < 5; index++) await as('ada')('POST', '/tokens', input({ name: `T${index}` }));
    const names = [];
    for (let after = ''; after !== undefined; ) {
      const page = await expect(200, as('ada')('GET', `/tokens?owner=org:acme&limit=2${after}`));
      assert.ok(page.items.length <= 2);
      names.push(...page.items.map(({ name }) => name));
      after = page.next === undefined ? undefined : `&after=${page.next}`;
    }
    assert.deepEqual(names, ['T4', 'T3', 'T2', 'T1', 'T0']);
    assert.deepEqual(
      (await expect(200, as('ada')('GET', '/tokens?owner=org:acme&status=revoked'))).items,
      [],
    );
  });

  test('two creates with one idempotency key make one token, whose secret is returned once', async () => {
    const { as } = await api();
    const headers = { 'idempotency-key': '"6c4b1f-01"' };
    const first = await expect(201, as('ada')('POST', '/tokens', input(), headers));
    const second = await expect(
      200,
      as('ada')('POST', '/tokens', input(), { 'idempotency-key': '6c4b1f-01' }),
    );
    assert.deepEqual(second, { token: null, record: first.record });
    const other = await expect(409, as('ada')('POST', '/tokens', input({ name: 'Other' }), headers));
    assert.equal(other.code, 'conflict');
    for (const key of ['', 'short-1', 'key-one, key-two', '"key-open', 'x'.repeat(201), 'clé-clé-clé']) {
      await expect(400, as('ada')('POST', '/tokens', input(), { 'idempotency-key': key }));
    }
    await expect(400, as('ada')('POST', '/tokens', input({ idempotencyKey: 'x' })));
  });
});

describe('choosing permissions', () => {
  test('the deployment, and the actor', async () => {
    const { as, tokens } = await api();
    assert.deepEqual(await expect(200, as('ada')('GET', '/deployment')), tokens.deployment());
    assert.deepEqual(tokens.deployment(), { prefix: 'acme_test', catalog });
    assert.deepEqual(await expect(200, as('ada')('GET', '/actor')), people.ada);
  });

  test('resolve, suggest and drift', async () => {
    const { as } = await api();
    const preview = await expect(200, as('ada')('POST', '/resolve', { templates: ['sender'] }));
    assert.deepEqual(preview.permissions, ['messages:send', 'messages:status']);
    assert.equal(preview.tree.length, 2);
    const wanted = { permissions: ['branch:read', 'branch:create'] };
    assert.equal((await expect(200, as('ada')('POST', '/suggest', wanted))).templates[0].id, 'branches');
    await expect(400, as('ada')('POST', '/suggest', { ...wanted, more: 1 }));
    await expect(400, as('ada')('POST', '/resolve', { templates: ['sendr'] }));
    assert.equal((await expect(200, as('ada')('GET', '/drift?owner=org:acme'))).scanned, 0);
  });
});

describe('authentication', () => {
  test('every route needs the host’s authentication', async () => {
    const { send, document } = await api();
    for (const { path, method } of actorRoutes(document)) {
      const response = await send(path, { method, headers: { 'sec-fetch-site': 'same-origin' } });
      assert.equal((await expect(401, response)).code, 'unauthenticated', path);
    }
  });

  test('an id of another organization is not found on any route', async () => {
    const { as, document } = await api();
    const { record } = await expect(201, as('ada')('POST', '/tokens', input()));
    const routes = actorRoutes(document).filter(({ path }) => path.includes('/tokens/{id}'));
    assert.ok(routes.length >= 5);
    for (const { path, method } of routes) {
      const place = path.slice(base.length).replace('{id}', record.id);
      const foreign = await as('eve')(method, place, bodyFor(method), { 'if-match': '*' });
      const unknown = await as('eve')(method, place.replace(record.id, '0'.repeat(16)), bodyFor(method), {
        'if-match': '*',
      });
      assert.equal(foreign.status, 404, `${method} ${place}`);
      assert.equal(await foreign.text(), await unknown.text());
    }
    assert.deepEqual(await expect(200, as('ada')('GET', `/tokens/${record.id}`)), record);
    await expect(403, as('eve')('GET', '/tokens?owner=org:acme'));
    await expect(403, as('eve')('POST', '/tokens', input()));
  });

  test('the actor is never read from a body on any route', async () => {
    const { as, document, errors, tokens } = await api();
    const { record } = await expect(201, as('ada')('POST', '/tokens', input()));
    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { security, requestBody }]) => requestBody && security.some((scheme) => 'host' in scheme))
        .map(([method]) => [method.toUpperCase(), path.slice(base.length)]),
    );
    assert.ok(routes.length >= 7);
    for (const [method, path] of routes) {
      for (const actor of [people.root, 'user:root', null, 7, {}, { id: 7 }]) {
        const place = path.replace('{id}', path.includes('/accounts') ? 'org:acme' : record.id);
        const query = path === '/accounts' ? '?id=org:acme' : '';
        const response = await as('eve')(method, `${place}${query}`, { actor }, { 'if-match': '*' });
        const { code, detail } = await expect(400, response);
        assert.equal(code, 'malformed_request', `${method} ${path}`);
        assert.match(detail, /actor/);
      }
    }
    assert.deepEqual(errors, []);
    assert.deepEqual(await tokens.get(record.id, people.root), record);
  });

  test('the host may respond by itself, and its failures give no access', async () => {
    const login = () => new Response('to the login', { status: 302, headers: { location: '/login' } });
    const own = await api({ options: { authenticate: login } });
    const bare = await own
      .as('ada')('GET', '/tokens')
      .catch((error) => error);
    assert.match(bare.message, /302/, 'the document does not declare the host’s own answer');

    const cases = [
      [401, () => undefined],
      [500, () => Promise.reject(new Error('the session store is at 10.0.0.7'))],
      [500, () => ({})],
      [500, () => ({ id: 7 })],
      [500, () => 'user:ada'],
      [500, () => ({ id: 'user:ada', roles: { 'org:acme': 7 } })],
    ];
    for (const [status, authenticate] of cases) {
      const { as, errors } = await api({ options: { authenticate } });
      const body = await expect(status, as('ada')('GET', '/tokens?owner=org:acme'));
      assert.equal(errors.length, status === 500 ? 1 : 0, String(authenticate));
      assert.doesNotMatch(JSON.stringify(body), /10\.0\.0\.7/);
    }
  });
});

describe('same origin', () => {
  const { stringify } = JSON;
  const post = (headers) =>
    new Request(`${origin}${base}/tokens`, {
      method: 'POST',
      body: stringify(input()),
      headers: { 'content-type': 'application/json', cookie: 'session=ada', ...headers },
    });

  for (const [status, headers] of [
    [201, { 'sec-fetch-site': 'same-origin' }],
    [201, { origin }],
    [201, { origin: 'https://portal.test', 'sec-fetch-site': 'cross-site' }],
    [201, { origin: 'https://front.test', 'sec-fetch-site': 'same-origin' }],
    [403, {}],
    [403, { 'sec-fetch-site': 'none' }],
    [403, { 'sec-fetch-site': 'same-site' }],
    [403, { 'sec-fetch-site': 'cross-site' }],
    [403, { origin, 'sec-fetch-site': 'cross-site' }],
    [403, { origin: 'null' }],
    [403, { origin: 'https://evil.test' }],
    [403, { origin: `${origin}.evil.test` }],
    [403, { origin: `${origin}:81` }],
    [403, { origin: origin.toUpperCase() }],
    [403, { referer: `${origin}/` }],
    [403, { 'sec-fetch-site': 'Same-Origin' }],
  ]) {
    test(`${status} for ${stringify(headers)}`, async () => {
      const { answer } = await api({ options: { origins: ['https://portal.test'] } });
      await expect(status, answer(post(headers)));
    });
  }

  test('is refused with both origins and what to do about it', async () => {
    const { answer } = await api({ options: { origins: ['https://portal.test'] } });
    const secure = origin.replace('http:', 'https:');
    const { code, detail } = await expect(403, answer(post({ origin: secure })));
    assert.equal(code, 'cross_origin');
    assert.ok(detail.includes(`Origin ${secure}`), detail);
    assert.ok(detail.includes(`expected was ${origin}.`), detail);
    assert.match(detail, /option "origins"/);
    assert.match(detail, /credentials: 'bearer'/);
    const { detail: none } = await expect(403, answer(post({})));
    assert.match(none, /names no Origin/);
    const { detail: long } = await expect(403, answer(post({ origin: `https://${'x'.repeat(9_000)}` })));
    assert.ok(long.length < 1_000);
    const proxied = await api({ options: { origins: [secure] } });
    await expect(201, proxied.answer(post({ origin: secure })));
  });

  test('is required by every route that changes something, and by no other', async () => {
    const { send, document } = await api();
    for (const { path, method } of actorRoutes(document)) {
      const response = await send(path, { method, headers: { cookie: 'session=ada' } });
      if (method === 'GET') assert.notEqual(response.status, 403, path);
      else assert.equal((await expect(403, response)).code, 'cross_origin', path);
    }
  });

  test('is not required if no cookie authenticates', async () => {
    const { answer } = await api({ options: { credentials: 'bearer' } });
    await expect(201, answer(post({})));
  });
});

describe('pages of other origins', () => {
  const portal = 'https://portal.test';
  const list = `${base}/tokens?owner=org:acme`;
  const cors = (response) =>
    Object.fromEntries([...response.headers].filter(([name]) => /^access-control|^vary/.test(name)));

  test('read nothing by default', async () => {
    const { send } = await api();
    const headers = { origin: portal, cookie: 'session=ada' };
    assert.deepEqual(cors(await send(list, { headers })), {});
    const preflight = { ...headers, 'access-control-request-method': 'POST' };
    assert.deepEqual(cors(await send(list, { method: 'OPTIONS', headers: preflight })), {});
  });

  test('that the host allows read responses, also refusals; others nothing', async () => {
    const { send } = await api({ options: { origins: [portal] } });
    const expected = {
      'access-control-allow-credentials': 'true',
      'access-control-allow-origin': portal,
      'access-control-expose-headers': 'ETag, Location, Retry-After, WWW-Authenticate',
      vary: 'Origin',
    };
    assert.deepEqual(
      cors(await send(list, { headers: { origin: portal, cookie: 'session=ada' } })),
      expected,
    );
    assert.deepEqual(cors(await send(list, { headers: { origin: portal } })), expected);
    assert.deepEqual(cors(await send(list, { headers: { origin: `${portal}:444` } })), { vary: 'Origin' });
    assert.deepEqual(cors(await send(list)), { vary: 'Origin' });
    const headers = { origin: portal, 'access-control-request-method': 'POST' };
    const preflight = await send(`${base}/tokens`, { method: 'OPTIONS', headers });
    assert.deepEqual(cors(preflight), {
      ...expected,
      'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS, POST',
      'access-control-max-age': '600',
    });
    const foreign = await send(`${base}/tokens`, {
      method: 'OPTIONS',
      headers: { ...headers, origin: 'null' },
    });
    assert.deepEqual(cors(foreign), { vary: 'Origin' });
  });

  test('send no cookies if no cookie authenticates', async () => {
    const { send } = await api({ options: { origins: [portal], credentials: 'bearer' } });
    const { headers } = await send(list, { headers: { origin: portal } });
    assert.equal(headers.get('access-control-allow-credentials'), null);
  });
});

/** The routes behind the host's authentication. */
function actorRoutes(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { security }]) => security.some((scheme) => 'host' in scheme))
      .map(([method]) => ({ path, method: method.toUpperCase() })),
  );
}

const bodyFor = (method) => (method === 'GET' || method === 'DELETE' ? undefined : {});
