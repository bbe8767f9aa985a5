/** A store that fails some of its calls, and changes by this process whose answers come late. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MaybePromise, Store } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from '../support/deployment.js';
import { VirtualTime } from '../support/virtual-time.js';
import { never, wrapped } from '../support/wrapped-store.js';

/** A store whose calls fail at the rate `fails`: a commit before it is applied, or after. */
function failing(inner: Store, fails: () => boolean): Store {
  const call = async <T>(work: () => MaybePromise<T>): Promise<T> => {
    if (fails()) throw new Error('Network connection lost');
    const answer = await work();
    if (fails()) throw new Error('Network connection lost');
    return answer;
  };
  return {
    get: (keys) => call(() => inner.get(keys)),
    list: (range) => call(() => inner.list(range)),
    commit: (writes) => call(() => inner.commit(writes)),
  };
}

describe('a store that fails 15 % of its calls', () => {
  test('completes every operation', async () => {
    const time = new VirtualTime();
    const inner = memoryStore();
    const calm = await deployment({ store: inner });
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) => createToken(calm, { name: `T${n}` })),
    );
    await time.run(async () => {
      // Half of the failures come before the call, half after it.
      const store = time.slow(
        failing(inner, () => Math.random() < 0.078),
        5,
      );
      const tokens = await deployment({ store });
      for (const { id, token } of made) {
        assert.equal((await tokens.verify(token)).code, 'valid');
        assert.equal((await tokens.revoke(id, {}, admin)).status, 'revoked');
        assert.equal((await tokens.verify(token)).code, 'revoked');
      }
      assert.equal((await tokens.list({ owner: 'org:acme', limit: 100 }, admin)).items.length, 60);
    });
  });

  test('gets at most six tries, within a bounded time, when all of them fail', async () => {
    const time = new VirtualTime();
    const { token, id } = await createToken(await deployment());
    let gets = 0;
    const down = wrapped(memoryStore(), {
      get: () => {
        gets += 1;
        return Promise.reject(new Error('down'));
      },
    });
    const tokens = await deployment({ store: down });
    await time.run(async () => {
      assert.equal((await tokens.verify(token)).code, 'store_unavailable');
      assert.equal(gets, 6);
      await assert.rejects(tokens.get(id, admin), { code: 'store_unavailable' });
      assert.equal(gets, 12);
    });
    assert.ok(time.now <= 200, `${time.now} ms`);
  });
});

test('a value that is too long is reported, and blocks no other', async () => {
  const store = memoryStore();
  const tokens = await deployment({ store });
  const [good, long] = [await createToken(tokens), await createToken(tokens, { name: 'Long' })];
  const text = JSON.stringify('x'.repeat(1_000_000));
  await tokens.verify(good.token);
  await tokens.verify(long.token);
  await store.commit([
    { key: `token/${long.id}`, value: text },
    { key: `usage/${good.id}`, value: text },
  ]);
  assert.equal((await tokens.verify(long.token)).code, 'store_unavailable');
  assert.deepEqual(await tokens.flush(), { flushed: 2, uncounted: 0, unreadable: [good.id, long.id] });
  assert.equal((await tokens.get(good.id, admin)).uses, 1, 'what is no authority is begun anew');
  const page = await tokens.list({ owner: 'org:acme' }, admin);
  assert.deepEqual([page.items.map(({ id }) => id), page.unreadable], [[good.id], [long.id]]);
  const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
  assert.deepEqual([report.ids, report.unreadable], [[good.id], [long.id]]);
  assert.equal((await tokens.verify(good.token)).code, 'revoked');
});

describe('the cache entry of a token', () => {
  test('is not used during a change by this process, or when its answer is lost', async () => {
    const inner = memoryStore();
    let answers = true;
    const store = wrapped(inner, {
      commit(writes) {
        const applied = inner.commit(writes);
        return answers ? applied : never();
      },
    });
    const tokens = await deployment({ store, freshness: '1h' });
    const { token, id } = await createToken(tokens);
    for (let turn = 0; turn < 2; turn++) assert.equal((await tokens.verify(token)).code, 'valid');
    answers = false;
    const abort = new AbortController();
    const revoking = tokens.revoke(id, {}, admin, { signal: abort.signal });
    await new Promise(setImmediate);
    assert.equal((await tokens.verify(token)).code, 'revoked');
    abort.abort(new Error('the client has gone'));
    await assert.rejects(revoking, /has gone/);
    assert.equal((await tokens.verify(token)).code, 'revoked');
  });

  test('is not used after a call that found a change by another process', async () => {
    const store = memoryStore();
    const [here, there] = [await deployment({ store, freshness: '1h' }), await deployment({ store })];
    const { token, id } = await createToken(here);
    for (let turn = 0; turn < 2; turn++) assert.equal((await here.verify(token)).code, 'valid');
    await there.revoke(id, {}, admin);
    assert.equal((await here.revoke(id, {}, admin)).status, 'revoked');
    assert.equal((await here.verify(token)).code, 'revoked');
  });
});
