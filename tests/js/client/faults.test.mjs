/** The client on a network that fails: what is repeated, what is not, and what it says. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { createClient } from 'leastkey/client';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog } from '../support/api.mjs';

const admin = { id: 'user:1', roles: { '': 'admin' } };
const input = { kind: 'permission-set', name: 'Nightly', owner: 'org:acme', add: ['messages:send'] };

/** A deployment whose first responses are lost, or replaced. */
async function site(fault) {
  const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
  const answer = handler(tokens, { authenticate: () => admin, credentials: 'bearer' });
  let faults = 0;
  const requests = [];
  const fetch = async (url, init) => {
    const request = new Request(url, { ...init, redirect: 'manual' });
    requests.push(`${init.method} ${init.headers['Idempotency-Key'] ?? ''}`);
    if (faults === 0) return answer(request);
    faults -= 1;
    return fault(() => answer(request), init);
  };
  const client = createClient({ url: 'https://api.example', fetch });
  return {
    tokens,
    client,
    requests,
    /** The next so many requests fail. */
    fail: (count) => {
      faults = count;
      requests.length = 0;
    },
  };
}

const lostBefore = async () => {
  throw new TypeError('fetch failed');
};
const lostAfter = async (send) => {
  await send();
  throw new TypeError('fetch failed');
};
const problem = (status, code, headers) => async () =>
  new Response(JSON.stringify({ status, code, detail: 'It failed.' }), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
const unavailable = problem(503, 'store_unavailable', { 'Retry-After': '0' });
const unknown = problem(504, 'outcome_unknown');
const badGateway = async () => new Response('<html>', { status: 502 });
const limited = async () => new Response('', { status: 429, headers: { 'Retry-After': '0' } });

/** A call of each sort, on a token of its own. */
const calls = {
  read: (client, id) => client.get(id),
  create: (client) => client.create({ ...input, name: 'Second' }),
  edit: (client, id) => client.edit(id, { name: 'Renamed' }),
  revoke: (client, id) => client.revoke(id),
  delete: (client, id) => client.delete(id),
};

// For each fault: how many requests a call sends when it happens once, and the code it ends with.
const table = {
  'the connection is refused': [
    lostBefore,
    { read: 2, create: 2, edit: 'outcome_unknown', revoke: 2, delete: 'outcome_unknown' },
  ],
  'the answer is lost': [
    lostAfter,
    { read: 2, create: 'outcome_unknown', edit: 'outcome_unknown', revoke: 2, delete: 'outcome_unknown' },
  ],
  'the store is unavailable': [unavailable, { read: 2, create: 2, edit: 2, revoke: 2, delete: 2 }],
  'the outcome is unknown': [
    unknown,
    { read: 2, create: 2, edit: 'outcome_unknown', revoke: 2, delete: 'outcome_unknown' },
  ],
  'a proxy fails': [
    badGateway,
    { read: 2, create: 2, edit: 'store_unavailable', revoke: 2, delete: 'store_unavailable' },
  ],
  'a proxy limits the rate': [limited, { read: 2, create: 2, edit: 2, revoke: 2, delete: 2 }],
};

for (const [title, [fault, expected]] of Object.entries(table)) {
  describe(`once ${title}`, () => {
    for (const [name, outcome] of Object.entries(expected)) {
      test(`${name}: ${typeof outcome === 'number' ? 'it is repeated' : outcome}`, async () => {
        const { tokens, client, requests, fail } = await site(fault);
        const { record } = await client.create(input);
        fail(1);
        const call = calls[name](client, record.id);
        if (typeof outcome === 'number') {
          await call;
          assert.equal(requests.length, outcome);
        } else {
          await assert.rejects(call, { code: outcome });
        }
        const { items } = await tokens.list({ owner: 'org:acme' }, admin);
        const seconds = items.filter((item) => item.name === 'Second');
        assert.equal(seconds.length, name === 'create' ? 1 : 0, 'no call takes effect twice');
      });
    }
  });
}

describe('repetitions', () => {
  test('have one idempotency key', async () => {
    const { client, requests, fail } = await site(unavailable);
    fail(2);
    await client.create(input);
    assert.equal(requests.length, 3);
    assert.equal(new Set(requests).size, 1);
    assert.match(requests[0], /^POST [0-9a-f]{32}$/);
    await client.create({ ...input, idempotencyKey: 'mine-1234' });
    assert.equal(requests.at(-1), 'POST mine-1234');
  });

  test('a credential that was lost on the way is said to be lost, with the id of its token', async () => {
    const { tokens, client, fail } = await site(lostAfter);
    fail(1);
    const error = await client.create(input).catch((error) => error);
    const { items } = await tokens.list({ owner: 'org:acme' }, admin);
    assert.deepEqual([error.code, items.length], ['outcome_unknown', 1]);
    assert.match(error.message, new RegExp(`token ${items[0].id} was lost`));
  });

  test('end after the retries, and never begin with none', async () => {
    const { client, requests, fail } = await site(unavailable);
    fail(9);
    await assert.rejects(client.list({ owner: 'org:acme' }), {
      code: 'store_unavailable',
      message: 'It failed.',
    });
    assert.equal(requests.length, 3);
    let sent = 0;
    const fetch = async () => {
      sent += 1;
      return unavailable();
    };
    const once = createClient({ url: 'https://api.example', fetch, retries: 0 });
    await assert.rejects(once.list(), { code: 'store_unavailable' });
    assert.equal(sent, 1);
  });

  test('an abort ends the pause, with its reason', async () => {
    const patient = problem(503, 'store_unavailable', { 'Retry-After': '3600' });
    const controller = new AbortController();
    const fetch = async () => {
      setImmediate(() => controller.abort(new Error('enough')));
      return patient();
    };
    const client = createClient({ url: 'https://api.example', fetch });
    await assert.rejects(client.list({}, { signal: controller.signal }), { message: 'enough' });
    await assert.rejects(client.list({}, { signal: controller.signal }), { message: 'enough' });
  });

  test('a response that does not come ends with the timeout', async () => {
    // An open connection keeps the process alive, which a timeout does not.
    const fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        const connection = setInterval(() => {}, 60_000);
        signal.addEventListener('abort', () => {
          clearInterval(connection);
          reject(signal.reason);
        });
      });
    const client = createClient({ url: 'https://api.example', fetch, timeout: '20ms', retries: 0 });
    await assert.rejects(client.list(), { code: 'store_unavailable', message: /did not answer in time/ });
    await assert.rejects(client.delete('x'), { code: 'outcome_unknown', message: /did not answer in time/ });
    // A POST that changes nothing leaves no doubt.
    for (const read of [
      client.resolve({}),
      client.suggest(['messages:send']),
      client.rehearseRevokeAll({ owner: 'org:acme' }),
    ])
      await assert.rejects(read, { code: 'store_unavailable', message: /did not answer in time/ });
  });
});

describe('odd answers', () => {
  const client = (response) =>
    createClient({ url: 'https://api.example', fetch: async () => response(), retries: 0 });

  for (const [title, response, code, message] of [
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: '/login' } }),
      'invalid_token',
      /sign in/,
    ],
    ['a page', () => new Response('<html>'), 'store_unavailable', /no JSON/],
    ['nothing there', () => new Response('', { status: 404 }), 'not_found', /check the URL/],
    ['a code of another version', problem(418, 'brewing'), 'invalid_input', /It failed/],
  ]) {
    test(title, () => assert.rejects(client(response).list(), { code, message }));
  }

  test('an export that ends within a line is reported', async () => {
    const lines = client(() => new Response('{"seq":1}\n{"se')).exportAudit({ owner: 'org:acme' });
    assert.equal((await lines.next()).value, '{"seq":1}\n');
    await assert.rejects(lines.next(), { code: 'store_unavailable', message: /broke off/ });
  });
});

describe('the options', () => {
  const secret = 'acme_test_S3cretS3cret';
  for (const [title, options, message] of [
    ['an unknown one', { url: 'https://api.example', tokn: 'x' }, /did you mean "token"/],
    ['no URL', {}, /url: expected where the API is served/],
    ['no http', { url: 'ftp://api.example' }, /url: expected/],
    ['a password in the URL', { url: `https://user:${secret}@api.example` }, /belongs in "token"/],
    ['a query', { url: 'https://api.example/?x=1' }, /without a query/],
    ['a token by http', { url: 'http://api.example', token: secret }, /expected https:/],
    ['a path with a slash at its end', { url: 'https://api.example', basePath: '/v1/' }, /without a slash/],
    ['retries', { url: 'https://api.example', retries: -1 }, /from 0 to 10/],
    ['a time', { url: 'https://api.example', timeout: 'soon' }, /timeout: cannot read/],
  ]) {
    test(`${title} is refused, and no secret repeated`, () => {
      assert.throws(
        () => createClient(options),
        (error) => {
          assert.equal(error.code, 'invalid_input');
          assert.match(error.message, message);
          assert.ok(!error.message.includes(secret));
          return true;
        },
      );
    });
  }

  test('a token with a line break is refused before it is sent', async () => {
    const client = createClient({ url: 'https://api.example', token: `${secret}\n`, fetch: lostBefore });
    await assert.rejects(
      client.list(),
      (error) => /token: expected/.test(error.message) && !error.message.includes(secret),
    );
  });

  test('a token is sent by http to this machine, and where that is allowed', () => {
    createClient({ url: 'http://127.0.0.1:4280', token: secret });
    createClient({ url: 'http://keys.internal', token: secret, allowHttp: true });
  });
});
