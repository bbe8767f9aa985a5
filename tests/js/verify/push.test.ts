/** `invalidate`: pushes shorten the freshness window, and a flood of them causes few reads. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Duration, Store } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const HOUR = 3_600_000;

/** A verifier with a window of an hour, the reads of the feed that it made, and a manager. */
async function watched({
  freshness = '1h',
  isAsync = false,
}: {
  freshness?: Duration | 0;
  isAsync?: boolean;
} = {}) {
  const clock = { now: Date.UTC(2026, 11, 1) };
  const now = () => clock.now;
  const inner = memoryStore({ now });
  const state = { reads: 0, loads: 0, isDown: false };
  const store: Store = wrapped(inner, {
    get(keys) {
      if (keys.some((key) => key.startsWith('feed/'))) state.reads += 1;
      else state.loads += 1;
      if (state.isDown) throw new Error('down');
      const values = inner.get(keys);
      return isAsync ? Promise.resolve(values) : values;
    },
  });
  const manager = await deployment({ store: inner, now });
  const { token, id } = await createToken(manager);
  const verifier = await createVerifier({
    catalog,
    store,
    prefix: PREFIX,
    freshness,
    now,
    deadline: '200ms',
  });
  const verify = async () => (await verifier.verify(token)).code;
  assert.equal(await verify(), 'valid');
  state.reads = 0;
  state.loads = 0;
  return { clock, state, manager, verifier, verify, token, id };
}

for (const isAsync of [false, true]) {
  const kind = isAsync ? 'an asynchronous' : 'a synchronous';
  test(`a push makes the next verification read the feed, on ${kind} store`, async () => {
    const { clock, state, manager, verifier, verify, id } = await watched({ isAsync });
    clock.now += 2_000;
    await manager.revoke(id, {}, admin);
    assert.equal(await verify(), 'valid', 'the window goes on');
    assert.equal(state.reads, 0);
    verifier.invalidate();
    assert.equal(await verify(), 'revoked');
    assert.equal(state.reads, 1);
    assert.equal(await verify(), 'revoked');
    assert.equal(state.reads, 1, 'one read for one push');
  });
}

test('a lost push changes nothing: the window ends when it would have', async () => {
  const { clock, manager, verify, id } = await watched();
  await manager.revoke(id, {}, admin);
  clock.now += HOUR - 1;
  assert.equal(await verify(), 'valid');
  clock.now += 1;
  assert.equal(await verify(), 'revoked');
});

test('a flood of pushes causes one read in a tenth of the window at most, and evicts nothing', async () => {
  for (const [freshness, gap] of [
    ['1h', 1_000],
    ['5s', 500],
    ['200ms', 50],
  ] as const) {
    const { clock, state, verifier, verify } = await watched({ freshness });
    const began = clock.now;
    const steady = performance.now();
    for (let turn = 0; turn < 3_000; turn++) {
      verifier.invalidate();
      verifier.invalidate();
      assert.equal(await verify(), 'valid');
      clock.now += 1;
    }
    // The time of the machine counts too.
    const most = Math.ceil((clock.now - began + performance.now() - steady) / gap);
    assert.ok(state.reads >= 3_000 / gap - 2 && state.reads <= most, `${state.reads} reads, ${gap} ms apart`);
    assert.equal(state.loads, 0);
  }
});

test('a push that comes during a read is answered by a later one', async () => {
  const { clock, state, manager, verifier, verify, id } = await watched({ isAsync: true });
  clock.now += 2_000;
  verifier.invalidate();
  const verifying = verify();
  await manager.revoke(id, {}, admin);
  verifier.invalidate();
  await verifying;
  clock.now += 1_000;
  assert.equal(await verify(), 'revoked');
  assert.equal(state.reads, 2);
});

test('while the store is down, pushes cause few reads and the window goes on', async () => {
  for (const isAsync of [false, true]) {
    const { clock, state, verifier, verify, token } = await watched({ isAsync });
    state.isDown = true;
    for (let turn = 0; turn < 500; turn++) {
      clock.now += 10;
      verifier.invalidate();
      if (turn % 2 === 0) assert.equal(await verify(), 'valid');
      else assert.equal(verifier.verifySync(token)?.code, 'valid');
    }
    assert.ok(state.reads > 0 && state.reads <= 6, `${state.reads} reads in 5 s`);
    clock.now += HOUR;
    assert.equal(await verify(), 'store_unavailable');
  }
});

test('without a window every verification reads, and pushes change nothing', async () => {
  const { verifier, verify } = await watched({ freshness: 0 });
  verifier.invalidate();
  assert.equal(await verify(), 'valid');
});

test('the deployment of createTokens takes pushes too', async () => {
  const store = memoryStore();
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const tokens = await deployment({ store, freshness: '1h', now });
  const elsewhere = await deployment({ store, now });
  const { token, id } = await createToken(elsewhere);
  assert.equal((await tokens.verify(token)).code, 'valid');
  await elsewhere.revoke(id, {}, admin);
  clock.now += 1_000;
  assert.equal((await tokens.verify(token)).code, 'valid');
  tokens.invalidate();
  assert.equal((await tokens.verify(token)).code, 'revoked');
});
