/**
 * A verification uses one state of the store: the record is read again together with its
 * dependencies.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store, Tokens } from 'leastkey';
import { createVerifier, type Verifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const root = { id: 'user:root', roles: { '': 'admin' } };

/**
 * A token of a disabled owner; later the owner is active and the token disabled. The first read of
 * the record returns the first state, all others the second. The token is not usable in either.
 */
async function between() {
  const inner = memoryStore();
  const there = await deployment({ store: inner });
  await there.accounts.put({ id: 'org:acme', permissions: { 'org:acme': ['**'] } }, root);
  const { token, id } = await createToken(there);
  await there.accounts.disable('org:acme', root);
  const [before] = await inner.get([`token/${id}`]);
  await there.disable(id, root);
  await there.accounts.enable('org:acme', root);
  /** A store whose next read of the record is delayed. */
  const late = (isSync: boolean): Store => {
    let first = true;
    const get = (keys: string[]) => {
      const values = inner.get(keys) as (string | null)[];
      const at = keys.indexOf(`token/${id}`);
      // One read is a snapshot: every store promises that.
      if (at < 0 || !first || keys.includes('account/org:acme')) return values;
      first = false;
      return values.map((value, place) => (place === at ? (before as string) : value));
    };
    return wrapped(inner, { get: isSync ? get : async (keys) => get(keys) });
  };
  return { late, token, id };
}

const refused = async (call: Promise<unknown>) => {
  const error = (await call.then(
    () => assert.fail('it was allowed'),
    (thrown) => thrown,
  )) as { code: string };
  return error.code;
};

describe('a state that the store never had is not accepted', () => {
  type Verifying = Pick<Tokens, 'verify' | 'verifySync' | 'verifyMany'> | Verifier;
  const ways: [string, (verifying: Verifying, token: string) => Promise<string | undefined>][] = [
    ['verify', async (verifying, token) => (await verifying.verify(token)).code],
    ['verify, freshness 0', async (it, token) => (await it.verify(token, undefined, { freshness: 0 })).code],
    ['verifyMany', async (it, token) => (await it.verifyMany([{ credential: token }]))[0]?.code],
  ];
  for (const freshness of [0, '5s'] as const)
    for (const isSync of [false, true]) {
      const how = `${freshness === 0 ? 'without a window' : 'within a window'}, a store that answers ${isSync ? 'at once' : 'later'}`;
      for (const [name, ask] of ways)
        test(`by ${name} ${how}`, async () => {
          const { late, token } = await between();
          assert.equal(await ask(await deployment({ store: late(isSync), freshness }), token), 'disabled');
          const options = { catalog, prefix: PREFIX, freshness };
          assert.equal(
            await ask(await createVerifier({ ...options, store: late(isSync) }), token),
            'disabled',
          );
        });
    }

  test('by verifySync', async () => {
    const { late, token } = await between();
    for (const freshness of [0, '5s'] as const) {
      const tokens = await deployment({ store: late(true), freshness });
      assert.equal(tokens.verifySync(token)?.code, 'disabled');
      const verifier = await createVerifier({ catalog, prefix: PREFIX, freshness, store: late(true) });
      assert.equal(verifier.verifySync(token)?.code, 'disabled');
    }
  });

  test('by explain, by an exchange, and by a token as actor', async () => {
    const { late, token, id } = await between();
    const tokens = () => deployment({ store: late(false) });
    assert.equal((await (await tokens()).explain(token)).code, 'disabled');
    assert.equal(await refused((await tokens()).exchange(token, {})), 'invalid_token');
    const actor = { token: id } as never;
    assert.equal(await refused((await tokens()).describe({ owner: 'org:acme' }, actor)), 'forbidden');
    assert.equal(await refused((await tokens()).list({ owner: 'org:acme' }, actor)), 'forbidden');
  });
});

test('a token that changes at each read is refused with 503, soon, and reported to the host', async () => {
  const inner = memoryStore();
  const { token } = await createToken(await deployment({ store: inner }), { subject: 'user:0' });
  for (const isSync of [false, true]) {
    let count = 0;
    const get = (keys: string[]) => {
      count += 1;
      const values = inner.get(keys) as (string | null)[];
      return values.map((value) => value?.replace('"subject":"user:0"', `"subject":"user:${count}"`) ?? null);
    };
    const store = wrapped(inner, { get: isSync ? get : async (keys) => get(keys) });
    const reported: string[] = [];
    const onError = (error: unknown) => void reported.push((error as Error).message);
    const tokens = await deployment({ store, onError });
    const verifier = await createVerifier({ catalog, prefix: PREFIX, store, onError });
    const verdicts = [await tokens.verify(token), await verifier.verify(token)];
    if (isSync) verdicts.push(...[tokens, verifier].flatMap((it) => it.verifySync(token) ?? []));
    for (const { code, status } of verdicts) assert.deepEqual([code, status], ['store_unavailable', 503]);
    assert.equal(count, 6 * verdicts.length);
    assert.match(reported[0] as string, /changed between each of 6 reads/);
    assert.equal(reported.length, verdicts.length);
  }
});

test('a cached record that is written between the two reads is used in its new form', async () => {
  const inner = memoryStore();
  const there = await deployment({ store: inner });
  const { token, id } = await createToken(there);
  let change: (() => Promise<unknown>) | undefined;
  const store = wrapped(inner, {
    async get(keys) {
      const values = await inner.get(keys);
      await change?.();
      return values;
    },
  });
  const here = await deployment({ store, freshness: '5s' });
  change = async () => {
    change = undefined;
    await there.edit(id, { name: 'Renamed' }, admin);
  };
  const verdict = await here.verify(token, undefined, { freshness: 0 });
  assert.deepEqual([verdict.code, verdict.token?.name], ['valid', 'Renamed']);
});

test('many verifications read no more keys at once than one snapshot can have', async () => {
  const inner = memoryStore();
  const there = await deployment({ store: inner });
  const made = await Promise.all(
    Array.from({ length: 150 }, (_, at) => createToken(there, { name: `Token ${at}` })),
  );
  const asked: number[] = [];
  const store = wrapped(inner, {
    async get(keys) {
      asked.push(keys.length);
      return inner.get(keys);
    },
  });
  const here = await createVerifier({ catalog, prefix: PREFIX, store });
  const verdicts = await here.verifyMany(made.map(({ token }) => ({ credential: token })));
  assert.ok(verdicts.every(({ code }) => code === 'valid'));
  assert.ok(Math.max(...asked) <= 128, String(asked));
  assert.ok(asked.length <= 8, String(asked));
});
