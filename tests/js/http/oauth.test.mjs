/** The OAuth endpoints, called by third-party clients. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { api, input, people } from '../support/api.mjs';
import { listen } from '../support/loopback.mjs';

/** The deployment's clock, which a test can advance. */
let ahead = 0;
const now = () => Date.now() + ahead;

let deployment;
let server;
before(async () => {
  deployment = await api({ deployment: { now } });
  server = await listen(deployment.answer);
});
after(() => server.close());

const create = async (changes) => {
  const { token, record } = await deployment.tokens.create(input(changes), people.root);
  return { token, id: record.id, record };
};
const code = async (token) => (await deployment.tokens.verify(token)).code;

/** A request of a client to an endpoint. */
const form = (path, client, fields) =>
  deployment.send(path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { authorization: `Basic ${btoa(`${client}:${client}-secret`)}` },
  });

const insecure = { [oauth.allowInsecureRequests]: true };
const endpoints = () => ({
  issuer: server.origin,
  introspection_endpoint: `${server.origin}/oauth20/introspect`,
  revocation_endpoint: `${server.origin}/oauth20/revoke`,
  token_endpoint: `${server.origin}/oauth20/token`,
});

for (const [name, authentication] of [
  ['client_secret_basic', oauth.ClientSecretBasic],
  ['client_secret_post', oauth.ClientSecretPost],
]) {
  describe(`oauth4webapi, ${name}`, () => {
    const introspect = async (client_id, token, secret = `${client_id}-secret`) => {
      const client = { client_id };
      const response = await oauth.introspectionRequest(
        endpoints(),
        client,
        authentication(secret),
        token,
        insecure,
      );
      return oauth.processIntrospectionResponse(endpoints(), client, response);
    };
    const revoke = async (client_id, token) => {
      const client = { client_id };
      const secret = authentication(`${client_id}-secret`);
      const response = await oauth.revocationRequest(endpoints(), client, secret, token, insecure);
      return oauth.processRevocationResponse(response);
    };

    test('introspects', async () => {
      const { token, record } = await create({ subject: 'profile:42', expiresIn: '1h' });
      assert.deepEqual(await introspect('gateway', token), {
        active: true,
        scope: 'messages:send messages:status',
        token_type: 'Bearer',
        iat: Math.floor(record.createdAt / 1_000),
        exp: Math.floor(record.expiresAt / 1_000),
        sub: 'profile:42',
        iss: 'http://api.test',
        jti: record.id,
        kind: 'permission-set',
        owner: 'org:acme',
        resource: 'org:acme',
      });
      assert.deepEqual(await introspect('gateway', 'nonsense'), { active: false });
    });

    test('revokes only tokens that the client manages', async () => {
      const { token } = await create();
      await assert.rejects(revoke('other', token), { error: 'unauthorized_client', status: 400 });
      assert.equal(await code(token), 'valid');
      await revoke('acme', token);
      assert.equal(await code(token), 'revoked');
      await revoke('acme', token);
      await revoke('other', token);
      await revoke('acme', 'nonsense');
    });

    test('gets an error for a wrong client, or one without the right', async () => {
      const { token } = await create();
      const unknown = { status: 401 };
      await assert.rejects(introspect('gateway', token, 'wrong'), unknown);
      await assert.rejects(introspect('nobody', token), unknown);
      await assert.rejects(introspect('__proto__', token), unknown);
      await assert.rejects(introspect('acme', token), { error: 'unauthorized_client' });
      await assert.rejects(revoke('gateway', token), { error: 'unauthorized_client' });
      assert.equal(await code(token), 'valid');
    });
  });
}

describe('openid-client', () => {
  const configuration = (client, secret = `${client}-secret`) => {
    const configured = new openid.Configuration(endpoints(), client, secret);
    openid.allowInsecureRequests(configured);
    return configured;
  };

  test('introspects and revokes', async () => {
    const { token, id } = await create();
    const { active, jti } = await openid.tokenIntrospection(configuration('gateway'), token);
    assert.deepEqual({ active, jti }, { active: true, jti: id });
    await openid.tokenRevocation(configuration('acme'), token);
    assert.deepEqual(await openid.tokenIntrospection(configuration('gateway'), token), { active: false });
  });

  test('gets an error for a wrong client', async () => {
    await assert.rejects(openid.tokenIntrospection(configuration('gateway', 'wrong'), 'x'), { status: 401 });
  });
});

test('a client discovers the endpoints by the issuer', async () => {
  const named = await api({ options: { issuer: server.origin } });
  const other = await listen((request) =>
    named.answer(new Request(request.url.replace(/:\d+/, `:${server.port}`), { headers: request.headers })),
  );
  const issuer = new URL(server.origin);
  const discovery = {
    ...insecure,
    algorithm: 'oauth2',
    [oauth.customFetch]: (url) => fetch(String(url).replace(server.origin, other.origin)),
  };
  const metadata = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, discovery),
  );
  await other.close();
  for (const [name, endpoint] of Object.entries(endpoints())) assert.equal(metadata[name], endpoint);
});

describe('introspection', () => {
  test('is not a use of the credential', async () => {
    const { token, id } = await create({ idleAfter: '1h' });
    assert.equal((await (await form('/oauth20/introspect', 'gateway', { token })).json()).active, true);
    for (const method of ['HEAD', 'GET']) {
      const asked = { method, headers: { authorization: `Bearer ${token}` } };
      assert.equal((await deployment.send('/oauth20/access-token', asked)).status, 200);
    }
    await deployment.tokens.flush();
    assert.equal((await deployment.tokens.get(id, people.root)).lastUsedAt, undefined);
  });
});

describe('introspection and revocation reveal nothing', () => {
  const revokedBy = (client, token) => form('/oauth20/revoke', client, { token });
  const bytes = async (response) =>
    JSON.stringify([response.status, [...response.headers], await response.text()]);

  test('every inactive credential gets the same response', async () => {
    const answers = { introspect: new Set(), 'revoke, own': new Set(), 'revoke, foreign': new Set() };
    const { over, waiting } = await inactive();
    for (const token of over) answers['revoke, foreign'].add(await bytes(await revokedBy('other', token)));
    for (const token of [...over, ...waiting]) {
      answers.introspect.add(await bytes(await form('/oauth20/introspect', 'gateway', { token })));
      answers['revoke, own'].add(await bytes(await revokedBy('acme', token)));
    }
    for (const [about, { size }] of Object.entries(answers)) assert.equal(size, 1, about);
    assert.match([...answers.introspect][0], /"\{\\"active\\":false\}"/);
  });

  test('a credential of another client that works, works elsewhere or may work again is never reported as revoked', async () => {
    const { waiting } = await inactive();
    const bound = await create({ conditions: { ips: ['10.0.0.0/8'] } });
    const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
    const hours = { times: { days: [days[(new Date(now()).getUTCDay() + 3) % 7]] } };
    const unnamed = await create({ conditions: { audiences: ['billing'], origins: ['https://app.test'] } });
    const closed = await create({ conditions: hours });
    const idle = await create({ idleAfter: '1h' });
    ahead += 3_600_000;
    const living = [...waiting, ...[bound, unnamed, closed, idle].map(({ token }) => token)];
    const answers = new Set();
    for (const token of living) {
      const response = await revokedBy('other', token);
      assert.equal(response.status, 400, await code(token));
      answers.add(await bytes(response));
    }
    assert.equal(answers.size, 1);
    assert.match([...answers][0], /unauthorized_client/);
    assert.equal((await deployment.tokens.verify(bound.token, undefined, { ip: '10.1.2.3' })).code, 'valid');
    for (const token of living) {
      assert.equal((await revokedBy('acme', token)).status, 200);
      assert.equal(await code(token), 'revoked');
      assert.equal((await revokedBy('other', token)).status, 200, 'over for good by now');
    }
  });

  test('the scope has every permission; their resources are in a separate member', async () => {
    const { token } = await create({ resources: { 'messages:send': ['org:acme/group:eng'] } });
    const answer = await (await form('/oauth20/introspect', 'gateway', { token })).json();
    assert.equal(answer.scope, 'messages:send messages:status');
    assert.deepEqual(answer.resources['messages:send'], ['org:acme/group:eng']);
  });

  test('consume=0 returns the remaining credits, and spends none', async () => {
    const { token, record } = await create({ limits: { credits: { amount: 9, remaining: 4 } } });
    const fields = { token, consume: '0' };
    const remaining = async () =>
      (await (await form('/oauth20/introspect', 'gateway', fields)).json()).remaining;
    assert.deepEqual([await remaining(), await remaining()], [4, 4]);
    const limits = { credits: { amount: 9, remaining: 9 } };
    const seen = { 'if-match': `"${record.revision}"` };
    const edited = await deployment.as('root')('PATCH', `/tokens/${record.id}`, { limits }, seen);
    assert.equal(edited.status, 200);
    assert.equal(await remaining(), 9);
    const plain = await (await form('/oauth20/introspect', 'gateway', { token })).json();
    assert.equal('remaining' in plain, false);
    assert.equal((await form('/oauth20/introspect', 'gateway', { ...fields, consume: '1' })).status, 400);
  });

  for (const [status, about, fields, headers] of [
    [400, 'no token', { token_type_hint: 'access_token' }],
    [400, 'an empty token', { token: '' }],
    [401, 'no client', { token: 'x' }, {}],
    [401, 'a bearer for a client', { token: 'x' }, { authorization: 'Bearer x' }],
    [401, 'a client without a secret', { token: 'x', client_id: 'gateway' }, {}],
    [401, 'Basic that is no Base64', { token: 'x' }, { authorization: 'Basic %%%' }],
    [401, 'Basic without a colon', { token: 'x' }, { authorization: `Basic ${btoa('gateway')}` }],
    [401, 'Basic that is no UTF-8', { token: 'x' }, { authorization: `Basic ${btoa('\xff:x')}` }],
    [401, 'Basic in broken encoding', { token: 'x' }, { authorization: `Basic ${btoa('%zz:x')}` }],
    [
      401,
      'two clients',
      { token: 'x' },
      { authorization: `Basic ${btoa('gateway:gateway-secret')}, Basic x` },
    ],
    [
      400,
      'two ways of authentication',
      { token: 'x', client_id: 'gateway', client_secret: 'gateway-secret' },
    ],
  ]) {
    test(`${status} for ${about}`, async () => {
      for (const path of ['/oauth20/introspect', '/oauth20/revoke']) {
        const authorization = `Basic ${btoa(path.endsWith('introspect') ? 'gateway:gateway-secret' : 'acme:acme-secret')}`;
        const response = await deployment.send(path, {
          method: 'POST',
          body: new URLSearchParams(fields),
          headers: headers ?? { authorization },
        });
        assert.equal(response.status, status, await response.text());
      }
    });
  }

  test('a repeated field, a query, JSON and a large form are refused', async () => {
    const send = (path, body, type = 'application/x-www-form-urlencoded') =>
      deployment.send(path, { method: 'POST', body, headers: { 'content-type': type } });
    assert.equal((await send('/oauth20/revoke', 'token=a&token=b')).status, 400);
    for (const path of ['/oauth20/revoke', '/oauth20/introspect', '/oauth20/token'])
      for (const name of ['token', 'access_token', 'subject_token', 'client_secret'])
        assert.equal((await send(`${path}?${name}=a`, 'token=a')).status, 400, `${path} ${name}`);
    // Unknown parameters are ignored (RFC 6749 §3.1).
    assert.equal((await send('/oauth20/revoke?x=1', 'token=a')).status, 401);
    assert.equal((await deployment.send('/.well-known/oauth-authorization-server?x=1')).status, 200);
    assert.equal((await send('/oauth20/revoke', '{"token":"a"}', 'application/json')).status, 415);
    assert.equal((await send('/oauth20/revoke', `token=${'a'.repeat(64 * 1024)}`)).status, 413);
  });

  test('a store that is down gives 503, never inactive', async () => {
    const { token } = await create();
    const down = () => Promise.reject(new Error('down'));
    const { send } = await api({ store: { get: down, list: down, commit: down } });
    for (const [path, client] of [
      ['introspect', 'gateway'],
      ['revoke', 'acme'],
    ]) {
      const response = await send(`/oauth20/${path}`, {
        method: 'POST',
        body: new URLSearchParams({ token }),
        headers: { authorization: `Basic ${btoa(`${client}:${client}-secret`)}` },
      });
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '1');
    }
  });

  test('a host without clients admits none', async () => {
    const { send } = await api({ options: { authenticateClient: undefined } });
    const headers = { authorization: `Basic ${btoa('gateway:gateway-secret')}` };
    const init = { method: 'POST', body: new URLSearchParams({ token: 'x' }), headers };
    assert.equal((await send('/oauth20/introspect', init)).status, 401);
  });
});

/** Inactive credentials, each for a different reason: ended for good, and inactive for now. */
async function inactive() {
  const { tokens } = deployment;
  const [revoked, disabled, deleted, expired, future] = await Promise.all([
    create(),
    create(),
    create(),
    create({ expiresIn: '1h' }),
    create({ notBefore: now() + 7_200_000 }),
  ]);
  await tokens.revoke(revoked.id, {}, people.root);
  await tokens.disable(disabled.id, people.root);
  await tokens.delete(deleted.id, people.root);
  ahead += 3_600_000;
  const foreign = `${revoked.token.slice(0, -1)}${revoked.token.endsWith('a') ? 'b' : 'a'}`;
  return {
    over: [...[revoked, deleted, expired].map(({ token }) => token), foreign, 'nonsense', '\u{1F511}'],
    waiting: [disabled.token, future.token],
  };
}
