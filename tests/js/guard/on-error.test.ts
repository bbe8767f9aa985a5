/** `onError`: the host receives the cause of a failure, and the response never contains it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createTokens,
  LeastkeyError,
  type OnError,
  type Store,
  type TokensOptions,
  type Verdict,
} from 'leastkey';
import { createGuard, createVerifier } from 'leastkey/edge';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const CANARY = '/srv/secret-host/tokens.db: disk I/O error';

interface Reported {
  error: LeastkeyError;
  operation: string;
  request: unknown;
}

/** An `onError` that collects its arguments. */
function collector() {
  const reported: Reported[] = [];
  const onError: OnError = (error, { operation, request }) => {
    reported.push({ error: error as LeastkeyError, operation, request });
  };
  return { reported, onError };
}

/** A store with a token in it, whose reads fail after `break` was called. */
async function breakable(how: 'throws' | 'rejects') {
  const inner = memoryStore();
  const { token } = await createToken(await deployment({ store: inner }));
  let broken = false;
  const fail = () => {
    const cause = new Error(CANARY);
    if (how === 'throws') throw cause;
    return Promise.reject(cause);
  };
  const store = wrapped(inner, { get: (keys) => (broken ? fail() : inner.get(keys)) });
  return {
    token,
    store,
    break: () => {
      broken = true;
    },
  };
}

type Deployed = Awaited<ReturnType<typeof createTokens>>;
type Asked = Pick<Deployed, 'verify' | 'verifySync' | 'verifyMany'> & Partial<Pick<Deployed, 'explain'>>;

const makers: [
  string,
  (options: Pick<TokensOptions, 'store' | 'onError' | 'freshness'>) => Promise<Asked>,
][] = [
  ['createTokens', (options) => createTokens({ catalog, prefix: PREFIX, ...options })],
  ['createVerifier', (options) => createVerifier({ catalog, prefix: PREFIX, ...options })],
];

const calls: [string, (asked: Asked, token: string) => Promise<Verdict | undefined>][] = [
  ['verify', (asked, token) => asked.verify(token, 'messages:send')],
  ['verifySync', async (asked, token) => asked.verifySync(token, 'messages:send')],
  ['verify', async (asked, token) => (await asked.verifyMany([{ credential: token }]))[0]],
  ['explain', async (asked, token) => asked.explain?.(token, 'messages:send')],
];

/** Asserts that one failure was reported, with the store's own error as its cause. */
function assertReported(reported: Reported[], operation: string): void {
  assert.deepEqual(
    reported.map(({ error, operation }) => [error.code, operation]),
    [['store_unavailable', operation]],
  );
  const [{ error }] = reported as [Reported];
  assert.ok(error instanceof LeastkeyError);
  assert.equal((error.cause as Error).message, CANARY);
  assert.ok(!error.message.includes(CANARY), error.message);
}

describe('onError of createTokens and createVerifier', () => {
  for (const [maker, make] of makers)
    for (const freshness of [0, '5s'] as const)
      for (const how of ['throws', 'rejects'] as const)
        test(`${maker}, freshness ${freshness}, a store that ${how}: has the cause, and no verdict has`, async () => {
          for (const [operation, call] of calls) {
            const { token, store, break: breakStore } = await breakable(how);
            const { reported, onError } = collector();
            const asked = await make({ store, onError, freshness });
            breakStore();
            const verdict = await call(asked, token);
            // verifySync needs a synchronous store, and a verifier has no `explain`.
            if (verdict === undefined) continue;
            assert.deepEqual(
              [verdict.valid, verdict.code, verdict.status],
              [false, 'store_unavailable', 503],
            );
            assertReported(reported, operation);
            assert.ok(!JSON.stringify(verdict).includes(CANARY));
            assert.ok(Reflect.ownKeys(verdict).every((key) => typeof key === 'string'));
          }
        });

  test('names the key of a damaged value, and never the value', async () => {
    const store = memoryStore();
    const { token, id } = await createToken(await deployment({ store }));
    const damaged = wrapped(store, {
      get: async (keys) => {
        const values = await store.get(keys);
        return values.map((value, at) => (keys[at]?.includes(id) && value !== null ? '{"CANARY":' : value));
      },
    });
    for (const [, make] of makers) {
      const { reported, onError } = collector();
      const verdict = await (await make({ store: damaged, onError })).verify(token);
      assert.equal(verdict.code, 'store_unavailable');
      assert.equal(reported.length, 1);
      assert.match(reported[0]?.error.message ?? '', new RegExp(id));
      assert.ok(!reported[0]?.error.message.includes('CANARY'));
    }
  });

  test('is not called for errors that a method throws, for an abort, or for other verdicts', async () => {
    const { token, store, break: breakStore } = await breakable('rejects');
    const { reported, onError } = collector();
    const tokens = await createTokens({ catalog, store, prefix: PREFIX, onError });
    assert.equal((await tokens.verify(token, 'branch:read')).status, 403);
    assert.equal((await tokens.verify('x')).status, 401);
    await assert.rejects(
      tokens.verify(token, undefined, { signal: AbortSignal.abort(new Error('enough')) }),
      {
        message: 'enough',
      },
    );
    breakStore();
    const refused = await tokens.list({ owner: 'org:acme' }, admin).catch((error: unknown) => error);
    assert.ok(refused instanceof LeastkeyError && (refused.cause as Error).message === CANARY);
    assert.deepEqual(reported, []);
  });

  test('that throws, rejects or never returns changes no verdict', async () => {
    const failing: OnError[] = [
      () => {
        throw new Error('log is full');
      },
      () => Promise.reject(new Error('log is full')),
      () => new Promise(() => {}),
    ];
    for (const onError of failing)
      for (const [, make] of makers) {
        const { token, store, break: breakStore } = await breakable('throws');
        const asked = await make({ store, onError });
        breakStore();
        assert.equal((await asked.verify(token)).code, 'store_unavailable');
      }
    // An unhandled rejection would have ended the process by now.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('must be a function', async () => {
    const wrong = { onError: 1 as never };
    const refusal = { code: 'invalid_input', path: 'onError' };
    await assert.rejects(deployment(wrong), refusal);
    await assert.rejects(
      createVerifier({ catalog, store: memoryStore(), prefix: PREFIX, ...wrong }),
      refusal,
    );
    const tokens = await deployment();
    assert.throws(() => createGuard(tokens, wrong), refusal);
    assert.throws(() => handler(tokens, { authenticate: () => null, ...wrong }), refusal);
  });
});

describe('onError of a guard and of the handler', () => {
  const url = 'http://127.0.0.1/oauth20/access-token';

  async function failing(): Promise<{ tokens: Deployed; request: Request }> {
    const { token, store, break: breakStore } = await breakable('rejects');
    const tokens = await createTokens({ catalog, store: store as Store, prefix: PREFIX });
    breakStore();
    return { tokens, request: new Request(url, { headers: { authorization: `Bearer ${token}` } }) };
  }

  async function assertQuiet(response: Response | undefined): Promise<void> {
    assert.equal(response?.status, 503);
    assert.ok(!(await response.text()).includes('secret-host'));
    assert.ok(!JSON.stringify([...response.headers]).includes('secret-host'));
  }

  test('a guard passes the cause with the request', async () => {
    const { tokens, request } = await failing();
    const { reported, onError } = collector();
    const { response } = await createGuard(tokens, { onError })(request, 'messages:send');
    await assertQuiet(response);
    assertReported(reported, 'guard');
    assert.equal(reported[0]?.request, request);
  });

  test('a guard of another verifier reports the verdict', async () => {
    const { reported, onError } = collector();
    const verdict = { valid: false, code: 'store_unavailable', status: 503, asOf: 0 } as Verdict;
    const guard = createGuard({ verify: async () => verdict, match: () => null }, { onError });
    await guard(new Request(url), 'messages:send');
    assert.deepEqual(
      reported.map(({ error }) => error.code),
      ['store_unavailable'],
    );
  });

  test('the handler passes the cause with the request', async () => {
    const { tokens, request } = await failing();
    const form = (path: string, token: string) =>
      new Request(`http://127.0.0.1/oauth20/${path}`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id: 'c', client_secret: 's' }),
      });
    const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? '';
    for (const sent of [
      request,
      new Request(request, { method: 'DELETE' }),
      form('introspect', token),
      form('revoke', token),
      new Request('http://127.0.0.1/leastkey/v1/tokens?owner=org:acme'),
    ]) {
      const { reported, onError } = collector();
      const answer = handler(tokens, {
        authenticate: () => admin,
        authenticateClient: () => ({ introspect: true, actor: admin }),
        onError: onError as never,
      });
      await assertQuiet(await answer(sent));
      assertReported(reported, 'handler');
      assert.equal(reported[0]?.request, sent);
    }
  });

  test('a handler hands on a wrong catalog that the first call finds, and shows the client none of it', async () => {
    const templates = { ...catalog.templates, broken: { title: 'Broken', permissions: ['messages:sned'] } };
    const wrong = { ...catalog, templates } as never;
    const tokens = await createTokens({
      catalog: wrong,
      store: memoryStore(),
      prefix: PREFIX,
      check: 'first',
    });
    const { reported, onError } = collector();
    const answer = handler(tokens, { authenticate: () => admin, onError });
    const response = await answer(new Request('http://127.0.0.1/leastkey/v1/tokens?owner=org:acme'));
    assert.equal(response.status, 500);
    assert.ok(!/broken|sned/.test(await response.text()));
    assert.equal(reported.length, 1);
    assert.match(reported[0]?.error.message ?? '', /^\$\.templates\.broken/);
  });
});
