/** Session tokens over HTTP, with curl, exactly as their document describes. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { api, catalog, input, people } from '../support/api.mjs';
import { listen } from '../support/loopback.mjs';

let ahead = 0;
const now = () => Date.now() + ahead;

let deployment;
let server;
before(async () => {
  deployment = await api({ deployment: { now }, options: { clientIp: () => '192.0.2.7' } });
  server = await listen(deployment.answer);
});
after(() => server.close());

const create = async (changes) => {
  const { token, record } = await deployment.tokens.create(input(changes), people.root);
  return { token, id: record.id, record };
};
const code = async (token) => (await deployment.tokens.verify(token)).code;
const get = (authorization, path = '/oauth20/access-token', method = 'GET') =>
  deployment.send(path, { method, headers: authorization === undefined ? {} : { authorization } });
const begin = async (token) => (await get(`Bearer ${token}`)).json();

/**
 * `curl --location -g --request GET '' --header 'Authorization: bearer {{access_token}}'`, as in
 * the document.
 */
async function curl(method, path, token) {
  const { stdout } = await promisify(execFile)('curl', [
    ...[
      '--silent',
      '--show-error',
      '--include',
      '--location',
      '-g',
      '--request',
      method,
      `${server.origin}${path}`,
    ],
    ...['--header', `Authorization: bearer ${token}`],
  ]);
  const [head, body] = stdout.split('\r\n\r\n');
  const [line, ...headers] = head.split('\r\n');
  return {
    status: Number(line.split(' ')[1]),
    headers: headers.join('\n').toLowerCase(),
    body: JSON.parse(body),
  };
}

describe('curl', () => {
  for (const path of ['/oauth20/access-token', '/oauth20/access-tokens']) {
    test(`gets a session from ${path}, calls with it, and ends it`, async () => {
      const { token } = await create({ subject: 'profile:42' });
      const { status, headers, body } = await curl('GET', path, token);
      assert.equal(status, 200);
      assert.match(headers, /^cache-control: no-store$/m);
      assert.match(headers, /^content-type: application\/json$/m);
      const { access_token, sessionId, ...rest } = body;
      assert.deepEqual(rest, {
        token_type: 'Bearer',
        expires_in: 3_600,
        scope: 'messages:send messages:status',
        userId: 'profile:42',
        clientIpAddress: '192.0.2.7',
        domain: 'org:acme',
        authenticated: true,
        expiresIn: 3_600,
      });
      assert.equal((await deployment.tokens.verify(access_token, 'messages:send')).token.id, sessionId);

      const ended = await curl('DELETE', path, access_token);
      assert.equal(ended.status, 200);
      assert.deepEqual(ended.body, {
        sessionId,
        userId: 'profile:42',
        clientIpAddress: '192.0.2.7',
        domain: 'org:acme',
        authenticated: false,
        expiresIn: 0,
      });
      assert.equal(await code(access_token), 'revoked');
      assert.equal(await code(token), 'valid');
      assert.equal((await curl('GET', path, access_token)).status, 401);
      assert.equal((await curl('DELETE', path, access_token)).status, 401);
    });
  }

  test('revokes a token that is not a session, together with its sessions', async () => {
    const { token } = await create();
    const { access_token } = await begin(token);
    assert.equal((await curl('DELETE', '/oauth20/access-token', token)).status, 200);
    assert.equal(await code(token), 'revoked');
    assert.equal(await code(access_token), 'revoked');
  });
});

describe('a session', () => {
  test('of a session is its sibling, which never outlives it and ends alone', async () => {
    const { token, id } = await create({ expiresIn: '2h' });
    const first = await begin(token);
    ahead += 1_800_000;
    const second = await begin(first.access_token);
    assert.ok(second.expiresIn <= 1_800, String(second.expiresIn));
    const { parents } = await deployment.tokens.get(second.sessionId, people.root);
    assert.deepEqual(parents, [id]);
    await get(`Bearer ${first.access_token}`, undefined, 'DELETE');
    assert.equal(await code(first.access_token), 'revoked');
    assert.equal(await code(second.access_token), 'valid');
    assert.equal(await code(token), 'valid');
    ahead += 1_800_000;
    assert.equal(await code(second.access_token), 'expired');
  });

  test('never outlives its parent', async () => {
    const { token } = await create({ expiresIn: '10m' });
    const { expiresIn } = await begin(token);
    assert.ok(expiresIn <= 600 && expiresIn > 590, String(expiresIn));
  });

  test('inherits no role, and keeps the resources of narrowed permissions', async () => {
    const { token } = await create({ role: 'admin', resources: { 'branch:read': ['org:acme/group:eng'] } });
    const { access_token, scope } = await begin(token);
    assert.ok(scope.split(' ').includes('branch:read'), scope);
    const { role, resources } = (await deployment.tokens.verify(access_token)).token;
    assert.equal(role, undefined);
    assert.deepEqual(resources['branch:read'], ['org:acme/group:eng']);
  });

  test('meets the conditions of its parent, from the address of the request', async () => {
    const { token } = await create({ conditions: { ips: ['192.0.2.0/24'], origins: ['https://app.test'] } });
    const ask = (origin, method = 'GET') =>
      deployment.send('/oauth20/access-token', {
        method,
        headers: { authorization: `Bearer ${token}`, ...(origin === undefined ? {} : { origin }) },
      });
    assert.equal((await ask('https://app.test')).status, 200);
    assert.equal((await ask('https://evil.test')).status, 403);
    assert.equal((await ask()).status, 403);
    const elsewhere = await create({ conditions: { ips: ['198.51.100.0/24'] } });
    assert.equal((await get(`Bearer ${elsewhere.token}`)).status, 403);
  });

  test('is not made by HEAD', async () => {
    const { token } = await create();
    const count = async () =>
      (await deployment.tokens.list({ owner: 'org:acme', limit: 200 }, people.root)).items.length;
    const before = await count();
    assert.equal((await get(`Bearer ${token}`, undefined, 'HEAD')).status, 200);
    assert.equal((await get('Bearer nonsense', undefined, 'HEAD')).status, 401);
    assert.equal(await count(), before);
  });

  test('is refused over the limit of its parent, until one ends', async () => {
    const kinds = { session: { sessions: 2 } };
    const small = await api({ deployment: { catalog: { ...catalog, kinds } } });
    const { token } = await small.tokens.create(input(), people.root);
    const ask = (method, credential) =>
      small.send('/oauth20/access-token', { method, headers: { authorization: `Bearer ${credential}` } });
    const sessions = await Promise.all([ask('GET', token), ask('GET', token)]);
    assert.deepEqual(
      sessions.map(({ status }) => status),
      [200, 200],
    );
    const { access_token } = await sessions[0].json();
    const refused = await ask('GET', token);
    assert.equal(refused.status, 429);
    assert.equal((await refused.json()).code, 'too_many_sessions');
    assert.equal((await ask('GET', access_token)).status, 429, 'a sibling counts too');
    await ask('DELETE', access_token);
    assert.equal((await ask('GET', token)).status, 200);
  });
});

describe('a credential that is refused', () => {
  test('gets the same response, whatever the reason', async () => {
    const { tokens } = deployment;
    const [revoked, disabled, deleted, expired] = await Promise.all([
      create(),
      create(),
      create(),
      create({ expiresIn: '1h' }),
    ]);
    await tokens.revoke(revoked.id, {}, people.root);
    await tokens.disable(disabled.id, people.root);
    await tokens.delete(deleted.id, people.root);
    ahead += 3_600_000;
    const orphan = await create();
    const { access_token } = await begin(orphan.token);
    await tokens.revoke(orphan.id, {}, people.root);
    const all = [revoked, disabled, deleted, expired].map(({ token }) => token);
    for (const method of ['GET', 'DELETE', 'HEAD']) {
      const seen = new Set();
      for (const token of [...all, access_token, 'nonsense', `${revoked.token}x`]) {
        const response = await get(`Bearer ${token}`, undefined, method);
        assert.equal(response.status, 401);
        assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
        seen.add(JSON.stringify([...response.headers, await response.text()]));
      }
      assert.equal(seen.size, 1, [...seen].join('\n'));
    }
  });

  const some = 'acme_test_2nonsense';
  for (const [status, challenge, authorization] of [
    [401, 'Bearer', undefined],
    [401, 'Bearer', ''],
    [401, 'Bearer', 'Basic YTpi'],
    [401, 'Bearer error="invalid_token"', `Bearer ${some}`],
    [401, 'Bearer error="invalid_token"', `bearer ${some}`],
    [401, 'Bearer error="invalid_token"', `BEARER    ${some}`],
    [401, 'Bearer error="invalid_token"', `Bearer ${'x'.repeat(4_000)}`],
    [400, 'Bearer error="invalid_request"', 'Bearer'],
    [400, 'Bearer error="invalid_request"', 'Bearer '],
    [400, 'Bearer error="invalid_request"', `Bearer\t${some}`],
    [400, 'Bearer error="invalid_request"', `Bearer ${some} ${some}`],
    [400, 'Bearer error="invalid_request"', `Bearer ${some}, Bearer ${some}`],
    [400, 'Bearer error="invalid_request"', `Bearer ${some}, Basic YTpi`],
    [400, 'Bearer error="invalid_request"', 'Bearer clé'],
    [400, 'Bearer error="invalid_request"', `Bearer "${some}"`],
    [400, 'Bearer error="invalid_request"', `Bearer ${'x'.repeat(1_048_576)}`],
  ]) {
    const shown =
      authorization && authorization.length > 60 ? `${authorization.slice(0, 20)}…` : authorization;
    test(`${status} for ${JSON.stringify(shown)}`, async () => {
      for (const method of ['GET', 'DELETE']) {
        const response = await get(authorization, undefined, method);
        assert.equal(response.status, status);
        assert.equal(response.headers.get('www-authenticate'), challenge);
      }
    });
  }

  test('a credential in the query is refused, and not used', async () => {
    const { token } = await create();
    for (const authorization of [undefined, `Bearer ${token}`]) {
      assert.equal((await get(authorization, `/oauth20/access-token?access_token=${token}`)).status, 400);
    }
  });

  test('two headers on the wire are two credentials', async () => {
    const { token } = await create();
    const { stdout } = await promisify(execFile)('curl', [
      ...['-s', '-o', '/dev/null', '-w', '%{http_code}', `${server.origin}/oauth20/access-token`],
      ...['-H', `Authorization: Bearer ${token}`, '-H', `Authorization: Bearer ${token}`],
    ]);
    assert.equal(stdout, '400');
  });

  test('a header of a mebibyte on the wire is refused, and the server goes on', async () => {
    const response = await fetch(`${server.origin}/oauth20/access-token`, {
      headers: { authorization: `Bearer ${'x'.repeat(1_048_576)}` },
    }).catch(() => ({ status: 431 }));
    assert.equal(response.status, 431);
    assert.equal((await curl('GET', '/oauth20/access-token', 'nonsense')).status, 401);
  });

  test('a store that is down gives 503 with Retry-After', async () => {
    const { token } = await create();
    const down = () => Promise.reject(new Error('down'));
    const { send } = await api({ store: { get: down, list: down, commit: down } });
    for (const method of ['GET', 'DELETE']) {
      const headers = { authorization: `Bearer ${token}` };
      const response = await send('/oauth20/access-token', { method, headers });
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '1');
    }
  });
});
