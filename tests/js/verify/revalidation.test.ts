/**
 * Without a window, each verification reads the store. A token whose values are as they were is not
 * read again; with any other value it is.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store, Tokens, Verdict } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { Random, seed } from '../support/random.mjs';
import { callsOf } from '../support/wasm-glue.js';
import { wrapped } from '../support/wrapped-store.js';

const ASKED = 'messages:send';
const root = { id: 'user:root', roles: { '': 'admin' } };
const START = Date.UTC(2026, 10, 23);

/** The keys of each read of a store. */
function watched(inner: Store) {
  const reads: string[][] = [];
  const get = (keys: string[]) => {
    reads.push(keys);
    return inner.get(keys);
  };
  return { store: wrapped(inner, { get }), reads };
}

/** How many records the core reads in a call. */
async function recordsRead(call: () => unknown): Promise<number> {
  const before = callsOf('begin');
  await call();
  return callsOf('begin') - before;
}

describe('a token that was valid', () => {
  for (const isSync of [true, false])
    test(`is read from ${isSync ? 'a synchronous' : 'an asynchronous'} store with one get, and not parsed`, async () => {
      const inner = memoryStore();
      const { store, reads } = watched(
        isSync ? inner : wrapped(inner, { get: async (keys) => inner.get(keys) }),
      );
      const tokens = await deployment({ store });
      const { token, id } = await createToken(tokens);
      assert.equal(await recordsRead(() => tokens.verify(token, ASKED)), 1);
      reads.length = 0;
      assert.equal(await recordsRead(() => tokens.verify(token, ASKED)), 0);
      assert.deepEqual(reads, [[`token/${id}`, 'meta/deployment', 'account/org:acme']]);
      if (isSync) assert.equal(await recordsRead(() => tokens.verifySync(token, ASKED)), 0);
      assert.equal(
        await recordsRead(() => tokens.verifyMany([{ credential: token, requirement: ASKED }])),
        0,
      );
    });

  test('answers another requirement, and is refused for one that it lacks', async () => {
    const tokens = await deployment();
    const { token } = await createToken(tokens);
    await tokens.verify(token, ASKED);
    const other = await tokens.verify(token, 'messages:status');
    assert.equal(other.valid, true);
    const lacking = await tokens.verify(token, ['branch:read', ASKED]);
    assert.deepEqual([lacking.code, lacking.missing], ['insufficient_permission', ['branch:read']]);
  });

  test('has one frozen view, with the time of its own read', async () => {
    const clock = { now: START };
    const now = () => clock.now;
    const tokens = await deployment({ store: memoryStore({ now }), now });
    const { token } = await createToken(tokens);
    const first = await tokens.verify(token);
    clock.now += 1_000;
    const second = await tokens.verify(token);
    assert.equal(second.asOf, first.asOf + 1_000);
    assert.equal(second.token, first.token);
    assert.ok(Object.isFrozen(second.token) && Object.isFrozen(second.token?.permissions));
  });

  test('is refused if it expires while the store answers', async () => {
    const clock = { now: START };
    const now = () => clock.now;
    const inner = memoryStore({ now });
    let wait = 0;
    const get = async (keys: string[]) => {
      clock.now += wait;
      return inner.get(keys);
    };
    const tokens = await deployment({ store: wrapped(inner, { get }), now });
    const { token } = await createToken(tokens, { expiresIn: '1h' });
    assert.equal((await tokens.verify(token)).valid, true);
    assert.equal((await tokens.verify(token)).valid, true);
    wait = 3_600_000;
    assert.equal((await tokens.verify(token)).code, 'expired');
  });

  test('is refused for another secret, and its own is not forgotten', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    const { token: other } = await createToken(tokens, { name: 'Other' });
    await tokens.verify(token);
    const { token: next } = await tokens.rotate(id, { grace: 0 }, admin);
    const [old, current] = [await tokens.verify(token), await tokens.verify(next as string)];
    assert.deepEqual([old.code, current.code], ['rotated_out', 'valid']);
    assert.equal((await tokens.verify(other)).valid, true);
    assert.equal((await tokens.verify(token)).code, 'rotated_out');
  });

  test('of which a window is asked for, was not revoked before the first read of the feed', async () => {
    const inner = memoryStore();
    const there = await deployment({ store: inner });
    const { token, id } = await createToken(there);
    for (const make of [
      () => deployment({ store: inner }),
      () => createVerifier({ catalog, prefix: PREFIX, store: inner }),
    ]) {
      const here = await make();
      for (let turn = 0; turn < 3; turn++) assert.equal((await here.verify(token)).valid, true);
      await there.disable(id, admin);
      assert.equal((await here.verify(token, undefined, { freshness: '1h' })).code, 'disabled');
      await there.enable(id, admin);
    }
  });
});

test('tokens that take turns in one place are each decided by their own values', async () => {
  const store = memoryStore();
  const there = await deployment({ store });
  const tokens = await deployment({ store, capacity: 1 });
  const made: { token: string; id: string }[] = [];
  for (const name of ['One', 'Two', 'Three']) made.push(await createToken(there, { name }));
  const codes = async () => {
    const all: string[] = [];
    for (const { token } of [...made, ...made]) all.push((await tokens.verify(token, ASKED)).code);
    return all.slice(0, made.length);
  };
  assert.deepEqual(await codes(), ['valid', 'valid', 'valid']);
  await there.disable(made[0]?.id as string, admin);
  assert.deepEqual(await codes(), ['disabled', 'valid', 'valid']);
  await there.enable(made[0]?.id as string, admin);
  await there.disable(made[2]?.id as string, admin);
  assert.deepEqual(await codes(), ['valid', 'valid', 'disabled']);
});

/** What happens to a store between two verifications. */
type Change = (there: Tokens, id: string, random: Random) => Promise<unknown>;

const changes: Record<string, Change> = {
  disable: (there, id) => there.disable(id, root),
  enable: (there, id) => there.enable(id, root),
  narrow: (there, id) => there.edit(id, { remove: ['messages:send'] }, root),
  widen: (there, id) => there.edit(id, { templates: ['sender'], remove: [] }, root),
  rename: (there, id, random) => there.edit(id, { name: `N${random.below(1_000)}` }, root),
  rotate: (there, id) => there.rotate(id, { grace: '1h' }, root),
  'register its owner': (there, _, random) =>
    there.accounts.put(
      {
        id: random.pick(['org:acme', 'org:acme/team:1']),
        permissions: { 'org:acme': random.pick([['**'], ['branch:*'], ['messages:status']]) },
      },
      root,
    ),
  'disable its owner': (there, _, random) =>
    there.accounts.disable(random.pick(['org:acme', 'org:acme/team:1']), root),
  'enable its owner': (there, _, random) =>
    there.accounts.enable(random.pick(['org:acme', 'org:acme/team:1']), root),
};

test('after random changes each verdict is that of a verifier which remembers nothing', async () => {
  const random = new Random(seed);
  const clock = { now: START };
  const now = () => clock.now;
  const inner = memoryStore({ now });
  const there = await deployment({ store: inner, now });
  const made: { token: string; id: string }[] = [
    await createToken(there),
    await createToken(there, { name: 'Of a team', owner: 'org:acme/team:1', expiresIn: '30d' }),
    await createToken(there, { name: 'Idle', idleAfter: '2h' }),
  ];
  const parent = await createToken(there, { name: 'Parent', kind: 'permission-set', idleAfter: '3h' });
  const session = await there.exchange(parent.token, {});
  made.push(parent, { token: session.token as string, id: parent.id });
  const remembers = await deployment({ store: inner, now, capacity: 3 });
  const reads = await deployment({ store: inner, now });
  const seen = new Set<string>();
  for (let step = 0; step < 1_500; step++) {
    const of = random.pick(made);
    if (random.once(4)) {
      const name = random.pick(Object.keys(changes));
      await changes[name]?.(there, of.id, random).catch(() => {});
    }
    if (random.once(6)) clock.now += random.pick([1, 60_000, 3_600_000]);
    if (random.once(10)) await damage(inner, random, of.id);
    const { token } = random.pick([of, random.pick(made)]);
    const asked = random.pick([ASKED, undefined, 'messages:status', ['branch:read', ASKED]]);
    const verdict = random.once(2)
      ? await remembers.verify(token, asked, { use: false })
      : (remembers.verifySync(token, asked, { use: false }) as Verdict);
    // A call with an address is decided by the values alone.
    const expected = await reads.verify(token, asked, { ip: '192.0.2.1', use: false });
    seen.add(verdict.code);
    assert.deepEqual(verdict, expected, `step ${step}, LEASTKEY_SEED=${seed}`);
  }
  for (const code of ['valid', 'disabled', 'owner_inactive', 'insufficient_permission', 'store_unavailable'])
    assert.ok(seen.has(code), `${code} was never seen; LEASTKEY_SEED=${seed}`);
});

/** Damages, deletes or mends a value that a token rests on. */
async function damage(store: Store, random: Random, id: string): Promise<void> {
  const keys = [`token/${id}`, 'account/org:acme', `usage/${id}`, 'meta/deployment'];
  const key = random.pick(keys);
  const [value] = await store.get([key]);
  if (value === null || value === undefined) return;
  await store.commit([{ key, value: value.startsWith('!') ? value.slice(1) : `!${value}` }]);
}
