/**
 * The context of a request that presents a credential: the same at every endpoint, and never a
 * reason to fail.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { api, input, people } from '../support/api.mjs';
import { expect } from '../support/expect-status.mjs';

const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * Every endpoint that takes a bearer credential: its request, and its status when a condition is
 * not met.
 */
const endpoints = {
  'GET a session': [(token, headers) => session('GET', token, headers), 403],
  'HEAD a session': [(token, headers) => session('HEAD', token, headers), 403],
  'DELETE a session': [(token, headers) => session('DELETE', token, headers), 403],
  'POST an exchange': [
    (subject_token, headers) => [
      '/oauth20/token',
      {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: grant, subject_token, subject_token_type: accessToken }),
      },
    ],
    400,
  ],
};
const session = (method, token, headers) => [
  '/oauth20/access-token',
  { method, headers: { ...headers, authorization: `Bearer ${token}` } },
];

/** A deployment and the credential of a token with conditions. */
async function bound(conditions, options = {}) {
  const deployment = await api({ options });
  const { token } = await deployment.tokens.create(input({ conditions }), people.root);
  return { ...deployment, token };
}

for (const [name, [ask, refused]] of Object.entries(endpoints)) {
  describe(`${name}: the conditions of a token`, () => {
    for (const [ip, meets] of [
      ['192.0.2.7', true],
      ['192.0.2.7:5678', true],
      ['[2001:db8::1]:443', true],
      ['[::ffff:192.0.2.7]:443', true],
      ['198.51.100.7', false],
      ['198.51.100.7:443', false],
      ['192.0.2.7, 10.0.0.1', false],
      ['', false],
      ['unknown', false],
      [null, false],
      [undefined, false],
    ]) {
      test(`on its address, from ${JSON.stringify(ip)}`, async () => {
        const ips = ['192.0.2.0/24', '2001:db8::/32'];
        const { send, token, errors } = await bound({ ips }, { clientIp: () => ip });
        assert.equal((await send(...ask(token, {}))).status, meets ? 200 : refused);
        const free = await bound(undefined, { clientIp: () => ip });
        assert.equal((await free.send(...ask(free.token, {}))).status, 200, 'nothing rests on it');
        assert.deepEqual([...errors, ...free.errors], []);
      });
    }

    for (const [origin, meets] of [
      ['https://app.test', true],
      ['https://evil.test', false],
      ['null', false],
      [undefined, false],
    ]) {
      test(`on its origin, from ${origin}`, async () => {
        const { send, token } = await bound({ origins: ['https://app.test'] });
        const headers = origin === undefined ? {} : { origin };
        assert.equal((await send(...ask(token, headers))).status, meets ? 200 : refused);
      });
    }

    for (const [audience, meets] of [
      ['sessions', true],
      ['billing', false],
      [undefined, false],
    ]) {
      test(`on its audience, at ${audience}`, async () => {
        const { send, token } = await bound({ audiences: ['sessions'] }, audience && { audience });
        assert.equal((await send(...ask(token, {}))).status, meets ? 200 : refused);
      });
    }
  });

  test(`${name}: an address that is no text is an error of the host`, async () => {
    const { send, token, errors } = await bound(undefined, { clientIp: () => 7 });
    const response = await send(...ask(token, {}));
    assert.equal(response.status, 500);
    assert.match(String(errors[0]), /clientIp/);
  });
}

test('the session has the address without its port, and none if it is not known', async () => {
  for (const [ip, expected] of [
    ['192.0.2.7:5678', '192.0.2.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['unknown', null],
    ['<script>', null],
    ['192.0.2.7, 10.0.0.1', null],
    ['', null],
  ]) {
    const { send, token } = await bound(undefined, { clientIp: () => ip });
    assert.equal((await expect(200, send(...session('GET', token)))).clientIpAddress, expected, ip);
  }
});

describe('the query of the session endpoints', () => {
  test('may have any parameter but a credential', async () => {
    const { send, token } = await bound();
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      for (const [query, status] of [
        ['access_token=x', 400],
        [`x=1&access_token=${token}`, 400],
        ['access%5Ftoken=', 400],
        ['?', 200],
        ['x=1', 200],
        ['_=1700000000000&x=1&x=2', 200],
      ]) {
        const own = await bound();
        const [path, init] = session(method, own.token);
        assert.equal((await own.send(`${path}?${query}`, init)).status, status, `${method} ${query}`);
      }
    }
    assert.equal((await send('/oauth20/access-token?x=1')).status, 401, 'the query is no credential');
  });
});

describe('the scope of an exchange', () => {
  const exchange = async (scope) => {
    const { send, token } = await bound();
    const fields = { grant_type: grant, subject_token: token, subject_token_type: accessToken, scope };
    return send('/oauth20/token', { method: 'POST', body: new URLSearchParams(fields) });
  };

  test('with an extra blank is refused for the blank', async () => {
    for (const scope of ['messages:send ', ' messages:send', 'messages:send  messages:status', ' ']) {
      const { error, error_description } = await expect(400, exchange(scope));
      assert.equal(error, 'invalid_scope');
      assert.match(error_description, /single blanks/, JSON.stringify(scope));
    }
    const unknown = await expect(400, exchange('messages:nonsense'));
    assert.doesNotMatch(unknown.error_description, /blank/);
    assert.equal((await expect(200, exchange('messages:status'))).scope, 'messages:status');
  });

  test('has the permissions that the session holds on some resources only', async () => {
    const { send, tokens } = await api();
    const resources = { 'messages:send': ['org:acme/group:eng'] };
    const { token } = await tokens.create(input({ resources }), people.root);
    const fields = { grant_type: grant, subject_token: token, subject_token_type: accessToken };
    const sent = { method: 'POST', body: new URLSearchParams(fields) };
    assert.equal((await expect(200, send('/oauth20/token', sent))).scope, 'messages:send messages:status');
    const { scope } = await expect(200, send(...session('GET', token)));
    assert.equal(scope, 'messages:send messages:status');
  });
});
