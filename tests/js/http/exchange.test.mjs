/** Token exchange (RFC 8693), requested by third-party clients. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { api, catalog, input, people } from '../support/api.mjs';
import { expect } from '../support/expect-status.mjs';
import { listen } from '../support/loopback.mjs';

const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

let deployment;
let server;
before(async () => {
  deployment = await api();
  server = await listen(deployment.answer);
});
after(() => server.close());

const create = async (changes) => {
  const { token, record } = await deployment.tokens.create(input(changes), people.root);
  return { token, id: record.id };
};
const metadata = () => ({ issuer: server.origin, token_endpoint: `${server.origin}/oauth20/token` });

const clients = {
  'oauth4webapi, without a secret': async (parameters) => {
    const options = { [oauth.allowInsecureRequests]: true };
    const client = { client_id: 'script' };
    const answer = await oauth.genericTokenEndpointRequest(
      metadata(),
      client,
      oauth.None(),
      grant,
      parameters,
      options,
    );
    return oauth.processGenericTokenEndpointResponse(metadata(), client, answer);
  },
  'openid-client, with its secret': async (parameters) => {
    const configured = new openid.Configuration(metadata(), 'gateway', 'gateway-secret');
    openid.allowInsecureRequests(configured);
    return openid.genericGrantRequest(configured, grant, parameters);
  },
};

for (const [name, ask] of Object.entries(clients)) {
  describe(name, () => {
    const exchange = (subject_token, more = {}) =>
      ask({ subject_token, subject_token_type: accessToken, ...more });

    test('gets a session, which ends with its parent', async () => {
      const { token, id } = await create();
      const { access_token, ...rest } = await exchange(token);
      assert.deepEqual(rest, {
        issued_token_type: accessToken,
        token_type: 'bearer',
        expires_in: 3_600,
        scope: 'messages:send messages:status',
      });
      assert.ok((await deployment.tokens.verify(access_token, 'messages:send')).valid);
      await deployment.tokens.revoke(id, {}, people.root);
      assert.equal((await deployment.tokens.verify(access_token)).code, 'revoked');
    });

    test('gets less if it requests less: by scope, by resource, by both', async () => {
      const { token } = await create();
      const { scope, access_token } = await exchange(token, { scope: 'messages:status' });
      assert.equal(scope, 'messages:status');
      const { code, missing } = await deployment.tokens.verify(access_token, 'messages:send');
      assert.deepEqual([code, missing], ['insufficient_permission', ['messages:send']]);

      const resource = 'org:acme/group:eng';
      const narrow = await exchange(token, { scope: 'messages:status', resource });
      const verdict = await deployment.tokens.verify(narrow.access_token);
      assert.deepEqual([verdict.token.resource, verdict.token.permissions], [resource, ['messages:status']]);
      // An exchange of the session does not regain what the first exchange gave up.
      await assert.rejects(exchange(narrow.access_token, { scope: 'messages:send' }), {
        error: 'invalid_scope',
      });
      const again = await exchange(narrow.access_token);
      assert.equal((await deployment.tokens.verify(again.access_token)).token.resource, resource);
    });

    test('gets OAuth error codes', async () => {
      const { token } = await create();
      const disabled = await create();
      await deployment.tokens.disable(disabled.id, people.root);
      for (const [error, subject, more] of [
        ['invalid_request', 'nonsense', {}],
        ['invalid_request', disabled.token, {}],
        ['invalid_request', token, { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
        [
          'invalid_request',
          token,
          { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
        ],
        ['invalid_request', token, { actor_token: 'x', actor_token_type: accessToken }],
        ['invalid_scope', token, { scope: 'messages:export' }],
        ['invalid_scope', token, { scope: 'messages:nonsense' }],
        ['invalid_scope', token, { scope: 'messages:*' }],
        ['invalid_scope', token, { scope: 'messages:send  messages:status' }],
        ['invalid_target', token, { resource: 'org:other' }],
        ['invalid_target', token, { resource: 'https://other.test/' }],
        ['invalid_target', token, { audience: 'https://other.test/' }],
      ]) {
        await assert.rejects(exchange(subject, more), { error, status: 400 }, JSON.stringify(more));
      }
    });
  });
}

describe('the token endpoint', () => {
  const form = (fields, headers = {}) =>
    deployment.send('/oauth20/token', { method: 'POST', body: new URLSearchParams(fields), headers });
  const basic = (text) => ({ authorization: `Basic ${btoa(text)}` });

  test('refuses a wrong client, also where none is needed', async () => {
    const { token } = await create();
    const fields = { grant_type: grant, subject_token: token, subject_token_type: accessToken };
    await expect(200, form(fields));
    await expect(200, form({ ...fields, client_id: 'gateway' }));
    await expect(401, form({ ...fields, client_id: 'gateway', client_secret: 'wrong' }));
    await expect(401, form(fields, basic('gateway:wrong')));
    await expect(401, form(fields, { authorization: `Bearer ${token}` }));
  });

  test('has one grant type', async () => {
    for (const grant_type of ['client_credentials', 'authorization_code', grant.toUpperCase()]) {
      assert.equal((await expect(400, form({ grant_type }))).error, 'unsupported_grant_type');
    }
    assert.equal((await expect(400, form({ subject_token: 'x' }))).error, 'invalid_request');
    assert.equal((await expect(400, form({ grant_type: grant }))).error, 'invalid_request');
  });

  test('gives every invalid subject the same response', async () => {
    const made = await Promise.all([create(), create(), create()]);
    await deployment.tokens.revoke(made[0].id, {}, people.root);
    await deployment.tokens.disable(made[1].id, people.root);
    await deployment.tokens.delete(made[2].id, people.root);
    const seen = new Set();
    for (const subject_token of [...made.map(({ token }) => token), 'nonsense', `${made[0].token}x`]) {
      const answer = await form({ grant_type: grant, subject_token, subject_token_type: accessToken });
      seen.add(JSON.stringify([answer.status, [...answer.headers], await answer.text()]));
    }
    assert.equal(seen.size, 1, [...seen].join('\n'));
  });

  test('makes no more sessions than the kind allows, and none for a kind without exchange', async () => {
    const kinds = { session: { sessions: 1 }, fixed: { actions: ['revoke'] } };
    const small = await api({ deployment: { catalog: { ...catalog, kinds } } });
    const ask = async (changes) => {
      const { token } = await small.tokens.create(input(changes), people.root);
      const body = new URLSearchParams({
        grant_type: grant,
        subject_token: token,
        subject_token_type: accessToken,
      });
      return () => small.send('/oauth20/token', { method: 'POST', body: body.toString(), headers: formType });
    };
    const formType = { 'content-type': 'application/x-www-form-urlencoded' };
    const one = await ask();
    await expect(200, one());
    assert.equal((await expect(429, one())).code, 'too_many_sessions');
    const fixed = await ask({ kind: 'fixed' });
    assert.equal((await expect(400, fixed())).error, 'unauthorized_client');
  });

  test('checks the conditions of its subject against the address from the host', async () => {
    const near = await api({ options: { clientIp: () => '192.0.2.7' } });
    const { token } = await create({ conditions: { ips: ['192.0.2.0/24'] } });
    const own = await near.tokens.create(input({ conditions: { ips: ['192.0.2.0/24'] } }), people.root);
    const fields = { grant_type: grant, subject_token_type: accessToken };
    const ask = (deployed, subject_token) =>
      deployed.send('/oauth20/token', {
        method: 'POST',
        body: new URLSearchParams({ ...fields, subject_token }),
      });
    await expect(200, ask(near, own.token));
    assert.equal((await expect(400, ask(deployment, token))).error, 'invalid_request');
  });

  test('is 503 when the store is down', async () => {
    const { token } = await create();
    const down = () => Promise.reject(new Error('down'));
    const { send } = await api({ store: { get: down, list: down, commit: down } });
    const fields = { grant_type: grant, subject_token: token, subject_token_type: accessToken };
    const answer = await send('/oauth20/token', { method: 'POST', body: new URLSearchParams(fields) });
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.equal((await expect(503, answer)).code, 'store_unavailable');
  });
});
