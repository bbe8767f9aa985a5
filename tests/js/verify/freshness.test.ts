/** The freshness window: its bound, its cost, and that no revocation is missed after it (P1). */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Requirement, Store, Tokens, TokensOptions, Verdict, Verification } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { forgery } from '../support/copied-tokens.js';
import { admin, catalog, createToken, deployment, input, PREFIX } from '../support/deployment.js';
import { trapNext } from '../support/wasm-glue.js';
import { wrapped } from '../support/wrapped-store.js';

const WINDOW = 5_000;
const START = Date.UTC(2026, 10, 23);

/**
 * Two instances over one store: `there` manages, `here` caches. The reads of `here` are counted and
 * can be delayed.
 */
async function instances(changes: Partial<TokensOptions> = {}) {
  const clock = { now: START };
  const now = () => clock.now;
  const inner = memoryStore({ now });
  const reads: string[][] = [];
  const gate: Record<'before' | 'after', (() => unknown) | undefined> = {
    before: undefined,
    after: undefined,
  };
  const store: Store = wrapped(inner, {
    async get(keys) {
      reads.push(keys);
      await gate.before?.();
      const values = await inner.get(keys);
      await gate.after?.();
      return values;
    },
  });
  const given = { now, ...changes };
  const there = await deployment({ ...given, store: inner });
  const here = await deployment({ ...given, store, freshness: `${WINDOW}ms` });
  const count = () => {
    const feed = reads.filter(([key]) => key === 'feed/0').length;
    const counted = { feed, others: reads.length - feed };
    reads.length = 0;
    return counted;
  };
  return { clock, inner, store, reads, gate, there, here, count };
}

/** A store whose reads are counted. */
function counted(store: Store) {
  const reads = { feed: 0, others: 0 };
  const counting = wrapped(store, {
    get(keys) {
      reads[keys.includes('feed/0') ? 'feed' : 'others'] += 1;
      return store.get(keys);
    },
  });
  const count = () => {
    const counts = { ...reads };
    Object.assign(reads, { feed: 0, others: 0 });
    return counts;
  };
  return { counting, count };
}

const root = { id: 'user:root', roles: { '': 'admin' } };
const CEILING = { id: 'org:acme', permissions: { 'org:acme': ['branch:*'] } };

const code = async (tokens: Pick<Tokens, 'verify'>, ...of: Parameters<Tokens['verify']>) =>
  (await tokens.verify(...of)).code;

/** A promise that the test settles. */
function held() {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { until, release };
}

describe('cost', () => {
  for (const many of [10, 1_000, 100_000]) {
    test(`one read of the feed in a window, with ${many} tokens cached`, async () => {
      const { clock, inner, there } = await instances();
      const { id } = await createToken(there);
      const { store, make } = forgery(there, inner, id);
      const { counting, count } = counted(store);
      const now = () => clock.now;
      // Long enough for any machine: the window also uses a clock that the test cannot set.
      const window = 3_600_000;
      const here = await deployment({ store: counting, now, freshness: `${window}ms`, capacity: 100_000 });
      const credentials = Array.from({ length: many }, make);
      const verifyAll = () => {
        for (const credential of credentials) assert.equal(here.verifySync(credential)?.code, 'valid');
        return count();
      };
      assert.deepEqual(verifyAll(), { feed: 1, others: 2 * many });
      clock.now += window;
      assert.deepEqual(verifyAll(), { feed: 1, others: 0 });
      clock.now += window - 1;
      assert.equal(await code(here, credentials[0] as string), 'valid');
      assert.deepEqual(count(), { feed: 0, others: 0 });
    });
  }

  test('more tokens than the capacity are read again, and every verdict is right', async () => {
    const { there, store, clock } = await instances();
    const here = await deployment({ store, now: () => clock.now, freshness: `${WINDOW}ms`, capacity: 50 });
    const made: { token: string; id: string }[] = [];
    for (let at = 0; at < 120; at++) made.push(await createToken(there, { name: `T${at}` }));
    for (const round of [1, 2])
      for (const { token, id } of made) {
        const verdict = await here.verify(token);
        assert.deepEqual([verdict.code, verdict.token?.id], ['valid', id], `round ${round}`);
      }
  });

  test('an invalid capacity is refused', async () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, 1_000_001, '10'])
      await assert.rejects(deployment({ capacity: capacity as number }), {
        code: 'invalid_input',
        path: 'capacity',
      });
  });

  test('an unknown id is read at most twice a second, and works at once where its token is made', async () => {
    const { clock, there, here, count } = await instances();
    const { token, ...minted } = there.mint();
    for (const _window of [1, 2]) {
      for (let turn = 0; turn < 300; turn++) assert.equal(await code(here, token), 'unknown');
      assert.deepEqual(count(), { feed: 1, others: 2 });
      clock.now += WINDOW;
    }
    await there.create({ ...input(), ...minted }, admin);
    clock.now += WINDOW;
    assert.equal(await code(here, token), 'valid');
    const other = here.mint();
    assert.equal(await code(here, other.token), 'unknown');
    await here.create({ ...input(), id: other.id, digest: other.digest, scheme: other.scheme }, admin);
    assert.equal(await code(here, other.token), 'valid');
  });

  test('a hundred concurrent verifications are one read of the feed and one of the token', async () => {
    const { there, here, count } = await instances();
    const { token } = await createToken(there);
    const codes = await Promise.all(Array.from({ length: 100 }, () => code(here, token, 'messages:send')));
    assert.deepEqual(new Set(codes), new Set(['valid']));
    assert.deepEqual(count(), { feed: 1, others: 2 });
    const other = await createToken(there, { name: 'Other' });
    await Promise.all(Array.from({ length: 100 }, () => here.verify(other.token)));
    assert.deepEqual(count(), { feed: 0, others: 2 });
  });

  test('verifyMany uses the cache, and reads the rest together', async () => {
    const { there, here, count } = await instances();
    const made = [];
    for (let at = 0; at < 20; at++) made.push(await createToken(there, { name: `T${at}` }));
    const asked = made.map(({ token }) => ({ credential: token, requirement: 'messages:send' }));
    const ids = async () => (await here.verifyMany(asked)).map(({ valid, token }) => valid && token?.id);
    const expected = made.map(({ id }) => id);
    assert.deepEqual(await ids(), expected);
    assert.deepEqual(count(), { feed: 1, others: 2 });
    assert.deepEqual(await ids(), expected);
    assert.deepEqual(count(), { feed: 0, others: 0 });
    // What the tokens rest on is known by now, and read along with them.
    await here.verifyMany(asked, { freshness: 0 });
    assert.deepEqual(count(), { feed: 0, others: 1 });
  });
});

describe('bounds', () => {
  const changes: [string, string, (there: Tokens, id: string) => Promise<unknown>][] = [
    ['revoke', 'revoked', (there, id) => there.revoke(id, {}, admin)],
    ['disable', 'disabled', (there, id) => there.disable(id, admin)],
    ['delete', 'unknown', (there, id) => there.delete(id, admin)],
    [
      'a narrowing edit',
      'insufficient_permission',
      (there, id) => there.edit(id, { templates: [], add: ['messages:status'] }, admin),
    ],
  ];
  changes.push(
    ['a ceiling of the owner', 'insufficient_permission', (there) => there.accounts.put(CEILING, root)],
    [
      'disabling the owner',
      'owner_inactive',
      async (there) => {
        await there.accounts.put({ ...CEILING, permissions: { 'org:acme': ['**'] } }, root);
        await there.accounts.disable('org:acme', root);
      },
    ],
  );
  for (const [name, expected, change] of changes)
    for (const sealed of [{}, { recordKey: 'ab'.repeat(32) }])
      test(`${name} of another instance counts within the window${'recordKey' in sealed ? ', sealed' : ''}`, async () => {
        const { clock, there, here } = await instances(sealed);
        const { token, id } = await createToken(there, { kind: 'organization', expiresIn: '30d' });
        assert.equal(await code(here, token, 'messages:send'), 'valid');
        clock.now += 1;
        await change(there, id);
        clock.now = START + WINDOW - 1;
        const verdict = await here.verify(token, 'messages:send');
        assert.deepEqual([verdict.code, verdict.asOf], ['valid', START]);
        assert.equal(await code(here, token, 'messages:send', { freshness: 0 }), expected);
        clock.now += 1;
        assert.equal(await code(here, token, 'messages:send'), expected);
      });

  test('a change of its own counts at once', async () => {
    const { here } = await instances();
    const { token, id } = await createToken(here);
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(await code(here, token), 'valid');
      await here.disable(id, admin);
      assert.equal(await code(here, token), 'disabled');
      await here.enable(id, admin);
    }
    assert.equal(await code(here, token), 'valid');
    await here.revoke(id, {}, admin);
    assert.equal(await code(here, token), 'revoked');
  });

  test('a change of its own whose answer is lost counts at once, and so does one that throws', async () => {
    const { gate, inner, clock } = await instances();
    let fails = false;
    const store = wrapped(inner, {
      async get(keys) {
        if (fails && !keys.every((key) => key.startsWith('feed/'))) throw new Error('down');
        return inner.get(keys);
      },
      async commit(writes) {
        await inner.commit(writes);
        fails = true;
        await gate.after?.();
        throw new Error('lost');
      },
    });
    const there = await deployment({ store: inner, now: () => clock.now });
    const here = await deployment({
      store,
      now: () => clock.now,
      freshness: `${WINDOW}ms`,
      deadline: '200ms',
    });
    const { token, id } = await createToken(there);
    assert.equal(await code(here, token), 'valid');
    let during: Promise<string> | undefined;
    gate.after = () => {
      // Committed but not answered: the feed is read after the commit was sent.
      during = code(here, token, undefined, { freshness: '1ms' });
    };
    await assert.rejects(here.revoke(id, {}, admin), { code: 'outcome_unknown' });
    fails = false;
    assert.equal(await during, 'store_unavailable');
    assert.equal(await code(here, token), 'revoked');
  });

  test('a read of the feed that began before an own change does not count as one after it', async () => {
    const { clock, gate, here } = await instances();
    const { token, id } = await createToken(here);
    assert.equal(await code(here, token), 'valid');
    clock.now += WINDOW;
    const feed = held();
    gate.after = () => feed.until;
    const before = here.verify(token);
    await new Promise(setImmediate);
    gate.after = undefined;
    await here.revoke(id, {}, admin);
    feed.release();
    await before;
    assert.equal(await code(here, token), 'revoked');
  });

  test('a token that was read before the feed was applied is not cached', async () => {
    const { clock, gate, reads, there, here } = await instances();
    const { token, id } = await createToken(there);
    const other = await createToken(there, { name: 'Other' });
    await here.verify(other.token);
    // The record is read before the change, and delivered after the feed has published it.
    const record = held();
    gate.after = () => (reads.at(-1)?.[0]?.startsWith('token/') ? record.until : undefined);
    const late = here.verify(token);
    await new Promise(setImmediate);
    gate.after = undefined;
    await there.revoke(id, {}, admin);
    await here.verify(other.token, undefined, { freshness: '1ms' });
    clock.now += 1;
    await here.verify(other.token, undefined, { freshness: '1ms' });
    record.release();
    await late;
    assert.equal(await code(here, token), 'revoked');
  });

  test('a token that an instance has reported as ended is not valid there again', async () => {
    const { there, here } = await instances();
    const ends: [string, (id: string) => Promise<unknown>][] = [
      ['revoked', (id) => there.revoke(id, {}, admin)],
      ['unknown', (id) => there.delete(id, admin)],
      ['rotated_out', (id) => there.rotate(id, { grace: 0 }, root)],
    ];
    for (const [end, change] of ends) {
      const { token, id } = await createToken(there, { name: end });
      const session = (await there.exchange(token, { expiresIn: '10m' })).token as string;
      for (const credential of [token, session]) assert.equal(await code(here, credential), 'valid');
      await change(id);
      assert.equal(await code(here, token), 'valid');
      assert.equal(await code(here, token, undefined, { freshness: 0 }), end);
      assert.equal(await code(here, token), end);
      if (end === 'rotated_out') continue;
      assert.equal(await code(here, session), 'valid');
      assert.equal(await code(here, session, undefined, { freshness: 0 }), 'revoked');
      assert.equal(await code(here, session), 'revoked');
    }
  });

  test('a window shorter than a read of the store uses its own read', async () => {
    const { clock, gate, there, here } = await instances();
    const { token } = await createToken(there);
    gate.before = () => {
      clock.now += 50;
    };
    for (let turn = 0; turn < 3; turn++)
      assert.equal(await code(here, token, undefined, { freshness: '1ms' }), 'valid');
  });

  test('a cached token expires on time', async () => {
    const { clock, there, here } = await instances();
    const { token } = await createToken(there, { expiresAt: START + 2_000 });
    assert.equal(await code(here, token), 'valid');
    clock.now = START + 2_000;
    assert.equal(await code(here, token), 'expired');
  });

  test('a clock that is set back extends nothing', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const there = await deployment({ store, now: () => START });
    const here = await deployment({ store, now: () => clock.now, freshness: '1ms' });
    const { token, id } = await createToken(there);
    assert.equal(await code(here, token), 'valid');
    clock.now -= 3_600_000;
    await there.revoke(id, {}, admin);
    const begun = performance.now();
    while (performance.now() - begun < 2);
    assert.equal(await code(here, token), 'revoked');
  });
});

describe('reversible refusals', () => {
  test('enabled by another instance, a token works at once', async () => {
    const { there, here } = await instances();
    const { token, id } = await createToken(there);
    await there.disable(id, admin);
    assert.equal(await code(here, token), 'disabled');
    await there.enable(id, admin);
    assert.equal(await code(here, token), 'valid');
  });

  test('many refusals are rechecked once a second', async () => {
    const { clock, there, here, count } = await instances();
    const { token, id } = await createToken(there);
    await there.disable(id, admin);
    assert.equal(await code(here, token), 'disabled');
    count();
    for (let turn = 0; turn < 300; turn++) assert.equal(await code(here, token), 'disabled');
    // A recheck is one read: of the record, and of what it rested on.
    assert.deepEqual(count(), { feed: 0, others: 1 });
    clock.now += 1_000;
    await there.enable(id, admin);
    assert.equal(await code(here, token), 'valid');
  });

  test('a new secret works at once', async () => {
    const { there, here } = await instances();
    const { token, id } = await createToken(there);
    assert.equal(await code(here, token), 'valid');
    const rotated = await there.rotate(id, { grace: '1h' }, admin);
    const verdict = await here.verify(rotated.token as string);
    assert.deepEqual([verdict.code, verdict.token?.successor], ['valid', true]);
    const old = await here.verify(token);
    assert.deepEqual([old.code, old.token?.successor], ['valid', undefined]);
  });
});

describe('a store that fails', () => {
  for (const [how, fail] of [
    ['throws', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise(() => {})],
  ] as const)
    test(`and ${how} is not needed within the window, and refuses after it`, async () => {
      const { clock, gate, there, here } = await instances({ deadline: '20ms' });
      const { token } = await createToken(there);
      assert.equal(await code(here, token), 'valid');
      gate.before = fail;
      clock.now += WINDOW - 1;
      assert.equal(await code(here, token), 'valid');
      clock.now += 1;
      assert.equal(await code(here, token), 'store_unavailable');
      gate.before = undefined;
      assert.equal(await code(here, token), 'valid');
    });
});

describe('the cache', () => {
  test('has one token for each slot, however long a commit takes', async () => {
    const { clock, inner, there } = await instances();
    const commit = held();
    const slow = wrapped(inner, {
      commit: async (writes) => {
        await commit.until;
        return inner.commit(writes);
      },
    });
    const here = await deployment({ store: slow, now: () => clock.now, freshness: `${WINDOW}ms` });
    const limited = await createToken(there, { name: 'Limited', limits: { credits: { amount: 5 } } });
    const other = await createToken(there, { name: 'Other' });
    const spending = here.verify(limited.token, undefined, { consume: 1 });
    await new Promise(setImmediate);
    await there.edit(limited.id, { name: 'Renamed' }, admin);
    clock.now += WINDOW;
    assert.equal((await here.verify(other.token)).token?.id, other.id);
    commit.release();
    await spending;
    assert.equal((await here.verify(other.token)).token?.id, other.id);
  });

  test('returns verdicts that callers cannot change', async () => {
    const { there, here } = await instances();
    const { token } = await createToken(there);
    await here.verify(token);
    const verdict = await here.verify(token);
    assert.throws(
      () => (verdict.token as { permissions: string[] }).permissions.push('branch:create'),
      TypeError,
    );
    assert.ok(!(await here.verify(token)).token?.permissions.includes('branch:create'));
  });

  test('is lost with its instance', async () => {
    const { there, here, count } = await instances();
    const { token, id } = await createToken(there);
    assert.equal(await code(here, token), 'valid');
    count();
    trapNext('lookup_packed');
    await assert.rejects(here.verify(token), { code: 'internal' });
    await there.disable(id, admin);
    assert.equal(await code(here, token), 'disabled');
    assert.deepEqual(count(), { feed: 1, others: 1 });
  });

  test('gives the same verdicts as the store for every form of a requirement, alone and among many', async () => {
    const { there, here, count } = await instances();
    const { token, id } = await createToken(there);
    const gone = await createToken(there, { name: 'Gone' });
    await there.revoke(gone.id, {}, admin);
    const requirements = [
      undefined,
      'messages:send',
      'branch:read',
      'messages:send AND messages:status',
      'messages:send OR branch:read',
      ['messages:send', 'messages:status'],
      ['messages:send', 'branch:read'],
      { all: ['messages:send'] },
      { permission: 'messages:send', resource: 'org:acme' },
      { permission: 'messages:send', resource: 'org:other' },
    ] as const;
    const credentials = [
      token,
      gone.token,
      there.mint().token,
      `${token}x`,
      `${token.slice(0, -1)}!`,
      'garbage',
    ];
    const asked = credentials.flatMap((credential) =>
      requirements.map((requirement) =>
        requirement === undefined ? { credential } : { credential, requirement },
      ),
    );
    const withoutTime = ({ asOf, ...rest }: Verdict) => rest;
    const expected = [];
    for (const { credential, requirement } of asked)
      expected.push(withoutTime(await there.verify(credential, requirement as Requirement)));
    for (let turn = 0; turn < 3; turn++) {
      const together = (await here.verifyMany(asked as Verification[])).map(withoutTime);
      const alone = [];
      for (const { credential, requirement } of asked)
        alone.push(withoutTime(await here.verify(credential, requirement as Requirement)));
      assert.deepEqual(together, expected);
      assert.deepEqual(alone, expected);
    }
    count();
    for (const requirement of [undefined, 'messages:send', ['messages:send', 'messages:status']] as const)
      assert.equal((await here.verify(token, requirement)).token?.id, id);
    assert.deepEqual(count(), { feed: 0, others: 0 });
    await assert.rejects(here.verify(token, ['messages:send\nmessages:status']), { code: 'invalid_input' });
  });

  test('uses the content of a list at the time of the call', async () => {
    const tokens = await deployment({ freshness: `${WINDOW}ms` });
    const { token } = await createToken(tokens);
    const list: ('messages:send' | 'messages:status' | 'messages:export')[] = [
      'messages:send',
      'messages:status',
    ];
    const answers = async (expected: string) => {
      for (let turn = 0; turn < 3; turn++) {
        assert.equal(await code(tokens, token, list), expected);
        assert.equal(tokens.verifySync(token, list)?.code, expected);
      }
    };
    await answers('valid');
    list[1] = 'messages:export';
    await answers('insufficient_permission');
    list[1] = 'messages:status';
    await answers('valid');
    list.push('messages:export');
    Object.freeze(list);
    await answers('insufficient_permission');
    const frozen = Object.freeze(['messages:send', 'messages:status'] as const);
    for (let turn = 0; turn < 3; turn++) assert.equal(await code(tokens, token, frozen), 'valid');
    // More requirements with one prefix than the core compares.
    for (let turn = 0; turn < 3; turn++) {
      for (let more = 0; more < 20; more++) {
        const alike = ['messages:send', ...Array(more).fill('messages:status')] as const;
        assert.equal(await code(tokens, token, alike), 'valid');
        assert.equal(
          await code(tokens, token, [...alike, 'messages:export'] as const),
          'insufficient_permission',
        );
      }
    }
    await tokens.flush();
    for (const requirement of [list, frozen]) await tokens.verify(token, requirement);
    await tokens.flush();
    const { permissionUse } = await tokens.get(token.slice(PREFIX.length + 2, PREFIX.length + 18), admin);
    assert.deepEqual(Object.keys(permissionUse?.lastUsedAt ?? {}), ['messages:send', 'messages:status']);
    await assert.rejects(code(tokens, token, [] as unknown as Requirement), { code: 'invalid_input' });
  });

  test('answers more requirements than it can intern', async () => {
    const { there, here, count } = await instances();
    const { token } = await createToken(there);
    assert.equal(await code(here, token), 'valid');
    count();
    for (let at = 0; at < 1_100; at++)
      assert.equal(await code(here, token, `messages:send${' '.repeat(at)}`), 'valid');
    assert.deepEqual(count(), { feed: 0, others: 0 });
  });

  test('stores no verdict: conditions and limits are checked each time', async () => {
    const { there, here } = await instances();
    const bound = await createToken(there, { conditions: { ips: ['10.0.0.0/8'] } });
    const limited = await createToken(there, { name: 'Limited', limits: { credits: { amount: 2 } } });
    assert.equal(await code(here, bound.token, undefined, { ip: '10.1.2.3' }), 'valid');
    assert.equal(await code(here, bound.token, undefined, { ip: '192.0.2.1' }), 'condition_failed');
    assert.equal(await code(here, bound.token, undefined, { ip: '10.1.2.3' }), 'valid');
    const spent = [];
    for (let turn = 0; turn < 3; turn++)
      spent.push(await code(here, limited.token, undefined, { consume: 1 }));
    assert.deepEqual(spent, ['valid', 'valid', 'usage_exceeded']);
  });

  test('applies idle times, and uses that another instance flushed', async () => {
    const { clock, there, here } = await instances();
    const { token } = await createToken(there, { idleAfter: '1h' });
    assert.equal(await code(here, token, undefined, { freshness: '2h' }), 'valid');
    clock.now += 3_000_000;
    await there.verify(token);
    await there.flush();
    clock.now += 600_000;
    assert.equal(await code(here, token, undefined, { freshness: '2h' }), 'valid');
    // A use counts from the time at which it was verified, not from the last read of the feed.
    clock.now += 3_600_000 - 1;
    assert.equal((await here.verify(token, undefined, { freshness: '2h', use: false })).code, 'valid');
    clock.now += 1;
    assert.equal(await code(here, token, undefined, { freshness: '2h' }), 'idle_expired');
  });
});

describe('verifySync', () => {
  test('works on a synchronous store', async () => {
    const tokens = await deployment({ freshness: `${WINDOW}ms` });
    const { token, id } = await createToken(tokens, { limits: { credits: { amount: 1 } } });
    for (const options of [{}, { freshness: 0 } as const]) {
      assert.equal(tokens.verifySync(token, 'messages:send', options)?.code, 'valid');
      assert.equal(tokens.verifySync(token, 'branch:read', options)?.code, 'insufficient_permission');
    }
    assert.equal(tokens.verifySync(token, undefined, { consume: 1 })?.code, 'valid');
    assert.equal(tokens.verifySync(token, undefined, { consume: 1 })?.code, 'usage_exceeded');
    await tokens.revoke(id, {}, admin);
    assert.equal(tokens.verifySync(token)?.code, 'revoked');
    assert.equal(tokens.verifySync('garbage')?.code, 'malformed');
  });

  test('uses only the cache on an asynchronous store, and its read of the feed is not lost', async () => {
    const { clock, there, here, count } = await instances();
    const { token } = await createToken(there);
    assert.equal(here.verifySync(token), undefined);
    assert.equal(here.verifySync(token), undefined);
    assert.equal(await code(here, token), 'valid');
    assert.equal(count().feed, 1);
    assert.equal(here.verifySync(token)?.code, 'valid');
    clock.now += WINDOW;
    assert.equal(here.verifySync(token), undefined);
    assert.equal(here.verifySync(token, undefined, { freshness: 0 }), undefined);
  });
});

test('a verifier has the same window', async () => {
  const { clock, store, there, count } = await instances();
  const now = () => clock.now;
  const verifier = await createVerifier({ catalog, store, prefix: PREFIX, now, freshness: `${WINDOW}ms` });
  const { token, id } = await createToken(there);
  assert.equal(await code(verifier as Pick<Tokens, 'verify'>, token), 'valid');
  await there.revoke(id, {}, admin);
  assert.equal(verifier.verifySync(token)?.code, 'valid');
  assert.deepEqual(count(), { feed: 1, others: 2 });
  clock.now += WINDOW;
  const [verdict] = await verifier.verifyMany([{ credential: token }]);
  assert.equal(verdict?.code, 'revoked');
});
