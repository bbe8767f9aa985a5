/** Bounds on the shape and the size of a request. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError } from 'leastkey';
import { handler } from 'leastkey/http';
import { api, base, input, origin } from '../support/api.mjs';
import { right } from '../support/right-requests.mjs';

const own = { cookie: 'session=ada', 'sec-fetch-site': 'same-origin' };
const json = { ...own, 'content-type': 'application/json' };
const body = JSON.stringify(input());
const limit = 2_000_000;
/** JSON of exactly this number of bytes. */
const padded = (bytes) => body.padEnd(bytes);

describe('the bounds of a request', async () => {
  const { send } = await api();
  const tokens = `${base}/tokens`;

  for (const [title, status, path, init] of [
    ['a body at the limit', 201, tokens, { body: padded(limit), headers: json }],
    ['a body above the limit', 413, tokens, { body: padded(limit + 1), headers: json }],
    ['a body that streams on and on', 413, tokens, { body: endless(), duplex: 'half', headers: json }],
    [
      'a length that lies',
      413,
      tokens,
      { body: padded(limit + 1), headers: { ...json, 'content-length': '2' } },
    ],
    ['no content type', 415, tokens, { body: new TextEncoder().encode(body), headers: own }],
    ['another content type', 415, tokens, { body, headers: { ...own, 'content-type': 'text/plain' } }],
    ['a form', 415, tokens, { body: new URLSearchParams(input()), headers: own }],
    [
      'another charset',
      415,
      tokens,
      { body, headers: { ...own, 'content-type': 'application/json; charset=latin1' } },
    ],
    [
      'a charset that is right',
      201,
      tokens,
      { body, headers: { ...own, 'content-type': 'Application/JSON; charset="UTF-8"' } },
    ],
    ['compression', 415, tokens, { body, headers: { ...json, 'content-encoding': 'gzip' } }],
    ['no body', 415, tokens, { headers: own }],
    ['an empty body', 400, tokens, { headers: json }],
    ['cut JSON', 400, tokens, { body: body.slice(0, -1), headers: json }],
    ['a list', 400, tokens, { body: '[]', headers: json }],
    ['null', 400, tokens, { body: 'null', headers: json }],
    ['bytes that are no UTF-8', 400, tokens, { body: Uint8Array.of(0x22, 0xff, 0x22), headers: json }],
    [
      'JSON as deep as it can be',
      400,
      tokens,
      { body: `{"metadata":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, headers: json },
    ],
    [
      'a member of the prototype',
      400,
      tokens,
      { body: '{"__proto__":{"kind":"permission-set"}}', headers: json },
    ],
    ['a long URL', 414, `${tokens}?owner=${'x'.repeat(8 * 1024)}`, { method: 'GET', headers: own }],
    ['long headers', 431, tokens, { method: 'GET', headers: { ...own, 'x-long': 'x'.repeat(16 * 1024) } }],
    ['many headers', 431, tokens, { method: 'GET', headers: { ...own, ...many(2_000) } }],
    ['an unknown parameter', 400, `${tokens}?ownr=org:acme`, { method: 'GET', headers: own }],
    ['a parameter twice', 400, `${tokens}?owner=org:acme&owner=org:other`, { method: 'GET', headers: own }],
    ['a parameter of the prototype', 400, `${tokens}?__proto__=1`, { method: 'GET', headers: own }],
    ['a limit that is no number', 400, `${tokens}?owner=org:acme&limit=1e2`, { method: 'GET', headers: own }],
    ['a limit out of bounds', 400, `${tokens}?owner=org:acme&limit=201`, { method: 'GET', headers: own }],
    ['an id that is none', 400, `${tokens}/none`, { method: 'GET', headers: own }],
    ['an id in broken encoding', 400, `${tokens}/%zz`, { method: 'GET', headers: own }],
    ['an id that is a path', 404, `${tokens}/../../v1`, { method: 'GET', headers: own }],
    ['another path', 404, '/nowhere', { method: 'GET', headers: own }],
    ['a slash at the end', 404, `${tokens}/`, { method: 'GET', headers: own }],
    ['another case', 404, tokens.toUpperCase(), { method: 'GET', headers: own }],
  ]) {
    test(`${status} for ${title}`, async () => {
      const response = await send(path, { method: 'POST', ...init });
      assert.equal(response.status, status, await response.text());
    });
  }

  test('HEAD is GET without a body', async () => {
    const list = `${tokens}?owner=org:acme`;
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => send(list, { method, headers: own })),
    );
    assert.equal(head.status, 200);
    assert.deepEqual([...head.headers], [...get.headers]);
    assert.equal((await send(`${tokens}/none`, { method: 'HEAD', headers: own })).status, 400);
    assert.equal((await send(`${tokens}/none/disable`, { method: 'HEAD', headers: own })).status, 405);
  });
});

/** By the path segment before the id; otherwise it is the id of a token. */
const ids = { '/accounts/': 'org:acme%2Fgroup:eng', '/jobs/': '0123456789abcdef01234567' };

describe('a store', () => {
  const outages = {
    throws: () => Promise.reject(new Error('connection to 10.0.0.7 refused')),
    hangs: () => new Promise(() => {}),
    'answers nonsense': () => 7,
  };
  for (const [how, call] of Object.entries(outages)) {
    test(`that ${how} is 503 on every route that uses it`, async () => {
      const store = { get: call, list: call, commit: call };
      const { send, document, errors } = await api({ store, deployment: { deadline: '30ms' } });
      let asked = 0;
      for (const [path, item] of Object.entries(document.paths)) {
        for (const [method, { responses, security }] of Object.entries(item)) {
          if (!security.some((scheme) => 'host' in scheme) || responses['503'] === undefined) continue;
          const id = Object.entries(ids).find(([part]) => path.includes(part))?.[1] ?? '0VblOrkjj4DqLcML';
          const place = path.replace('{id}', id);
          const { body: sent, query = '' } =
            right[`${method.toUpperCase()} ${path.slice(base.length)}`] ?? {};
          if (sent === 'pure') continue;
          const response = await send(`${place}${query}`, {
            method: method.toUpperCase(),
            headers: { ...json, 'if-match': '*' },
            ...(method === 'get' || method === 'delete' ? {} : { body: JSON.stringify(sent ?? {}) }),
          });
          const text = await response.text();
          assert.equal(response.status, 503, `${method} ${path}: ${text}`);
          assert.equal(response.headers.get('retry-after'), '1');
          assert.doesNotMatch(text, /10\.0\.0\.7/);
          asked += 1;
        }
      }
      assert.ok(asked >= 8);
      assert.equal(errors.length, asked);
    });
  }
});

describe('options of handler', () => {
  const authenticate = () => null;
  for (const [path, options] of [
    ['authenticate', {}],
    ['authenticate', { authenticate: 'cookie' }],
    ['credentials', { authenticate, credentials: 'none' }],
    ['origins', { authenticate, origins: 'https://portal.test' }],
    ['origins[0]', { authenticate, origins: ['*'] }],
    ['origins[0]', { authenticate, origins: ['https://portal.test/'] }],
    ['origins[0]', { authenticate, origins: ['null'] }],
    ['basePath', { authenticate, basePath: 'v1' }],
    ['basePath', { authenticate, basePath: '/v1/' }],
    ['basePath', { authenticate, basePath: '/{x}' }],
    ['oauthPath', { authenticate, oauthPath: 7 }],
    ['issuer', { authenticate, issuer: 'https://api.test/v1' }],
    ['onError', { authenticate, onError: 1 }],
    ['audience', { authenticate, audience: 'zwei\nZeilen' }],
    ['audience', { authenticate, audience: '' }],
    ['basepath', { authenticate, basepath: '/v1' }],
  ]) {
    test(`${path} of ${JSON.stringify(options)}`, async () => {
      const { tokens } = await api();
      assert.throws(
        () => handler(tokens, options),
        (error) => error instanceof LeastkeyError && error.code === 'invalid_input' && error.path === path,
      );
    });
  }

  test('a failing log changes no response', async () => {
    const fails = () => {
      throw new Error('disk full');
    };
    const { tokens } = await api();
    const answer = handler(tokens, { authenticate: fails, onError: fails });
    assert.equal((await answer(new Request(`${origin}${base}/tokens`))).status, 500);
  });
});

function endless() {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)) });
}

const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-header-${at}`, '1']));
