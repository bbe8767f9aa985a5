/** Recorded uses of tokens, and how a flush stores them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Requirement, Tokens } from 'leastkey';
import { createGuard } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { wrapped } from '../support/wrapped-store.js';

const START = 1_800_000_000_000;

describe('the use of a token', () => {
  test('is in get and list once it is flushed; a verification writes nothing, and the record never changes', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const tokens = await deployment({ store, now: () => clock.now });
    const { token, id, record } = await createToken(tokens);
    const before = entriesOf(store);
    for (clock.now of [START + 1, START + 5]) assert.equal((await tokens.verify(token)).valid, true);
    // A refusal is not a use.
    assert.equal((await tokens.verify(token, 'branch:read')).valid, false);
    assert.deepEqual(entriesOf(store), before);
    assert.deepEqual(await tokens.get(id, admin), record);
    assert.deepEqual(await tokens.flush(), { flushed: 1, uncounted: 0 });
    const used = { ...record, lastUsedAt: START + 5, uses: 2 };
    assert.deepEqual(await tokens.get(id, admin), used);
    assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, [
      { ...used, permissionCount: 2 },
    ]);
    const kept = entriesOf(store).filter(({ key }) => before.some((entry) => entry.key === key));
    assert.deepEqual(kept, before);
    assert.deepEqual(await tokens.flush(), { flushed: 0, uncounted: 0 });
  });

  test('of several instances is added up, whichever flushes first', async () => {
    const store = memoryStore();
    const times = [START + 7, START + 3];
    const [one, two] = [
      await deployment({ store, now: () => times[0] as number }),
      await deployment({ store, now: () => times[1] as number }),
    ];
    const { token, id } = await createToken(two);
    await Promise.all([one.verify(token), two.verify(token), one.verify(token)]);
    await Promise.all([one.flush(), two.flush()]);
    const { lastUsedAt, uses } = await one.get(id, admin);
    assert.deepEqual({ lastUsedAt, uses }, { lastUsedAt: START + 7, uses: 3 });
  });

  test('of more tokens than one commit can hold is flushed page by page', async () => {
    const tokens = await deployment();
    const made = [];
    for (let at = 0; at < 45; at++) made.push(await createToken(tokens, { name: `T${at}` }));
    for (const { token } of made) await tokens.verify(token);
    assert.deepEqual(await tokens.flush(), { flushed: 45, uncounted: 0 });
    for (const { id } of made) assert.equal((await tokens.get(id, admin)).uses, 1);
  });

  test('of twenty tokens with a hundred long requirements each is flushed in parts', async () => {
    const tokens = await deployment({ freshness: '1h' });
    const made = [];
    for (let at = 0; at < 20; at++) made.push(await createToken(tokens, { name: `T${at}` }));
    for (let length = 64; length < 164; length++) {
      const requirement = `${'messages:send OR '.repeat(length)}messages:send`;
      for (const { token } of made) assert.equal((await tokens.verify(token, requirement)).code, 'valid');
    }
    assert.deepEqual(await tokens.flush(), { flushed: 20, uncounted: 0 });
    for (const { id } of made) assert.equal((await tokens.get(id, admin)).uses, 100);
  });

  test('that no commit accepts is reported, and blocks no other', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens);
    const session = await tokens.exchange(token, {});
    const other = await createToken(tokens, { name: 'Other' });
    await tokens.verify(String(session.token));
    await tokens.verify(other.token);
    // Records of an earlier version without a size limit.
    const places = Array.from({ length: 3_800 }, (_, at) => `org:acme/${String(at).padStart(230, '0')}`);
    for (const key of [`token/${id}`, `token/${session.record.id}`]) {
      const [text] = await store.get([key]);
      const stored = JSON.parse(String(text));
      const before = Object.entries(stored.token).flatMap(([name, value]) =>
        name === 'permissions'
          ? [
              [name, value],
              ['resources', { 'messages:send': places }],
            ]
          : [[name, value]],
      );
      stored.token = Object.fromEntries(before);
      await store.commit([{ key, value: JSON.stringify(stored) }]);
    }
    const report = await tokens.flush();
    assert.deepEqual(report, { flushed: 1, uncounted: 1, refused: [session.record.id] });
    assert.equal((await tokens.get(other.id, admin)).uses, 1);
    assert.deepEqual(await tokens.flush(), { flushed: 0, uncounted: 0 });
  });

  test('is not recorded if that is switched off', async () => {
    const tokens = await deployment({ usage: false });
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    assert.deepEqual(await tokens.flush(), { flushed: 0, uncounted: 0 });
    assert.equal((await tokens.get(id, admin)).uses, undefined);
  });

  test('of a token that was deleted meanwhile leaves no values', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    await tokens.delete(id, admin);
    assert.deepEqual(await tokens.flush(), { flushed: 1, uncounted: 0 });
    assert.equal(
      entriesOf(store).some(({ key }) => key.startsWith('usage/')),
      false,
    );
  });
});

describe('the used permissions of a token', () => {
  /** Verifies at an instant and flushes. */
  async function clocked(changes = {}) {
    const clock = { now: START };
    const tokens = await deployment({ now: () => clock.now, ...changes });
    const use = async (at: number, credential: string, requirement?: Requirement) => {
      clock.now = at;
      const { code } = await tokens.verify(credential, requirement);
      await tokens.flush();
      return code;
    };
    return { tokens, clock, use };
  }
  const useOf = async (tokens: Tokens, id: string) => (await tokens.get(id, admin)).permissionUse;

  const requirements: [title: string, requirement: Requirement, asked: string[]][] = [
    ['a permission', 'messages:send', ['messages:send']],
    ['a list', ['messages:send', 'messages:status'], ['messages:send', 'messages:status']],
    [
      'a permission on a resource',
      { permission: 'messages:status', resource: 'org:acme' },
      ['messages:status'],
    ],
    ['all of some', { all: ['messages:send', 'messages:status'] }, ['messages:send', 'messages:status']],
    // It is unknown which of them was needed, so none of them counts as idle.
    ['any of some', { any: ['messages:send', 'messages:status'] }, ['messages:send', 'messages:status']],
    // A token cannot have used a permission that it does not have.
    [
      'an expression',
      'messages:send AND (branch:read OR messages:status)',
      ['messages:send', 'messages:status'],
    ],
    ['an expression as an object', { expr: 'messages:send OR branch:read' }, ['messages:send']],
  ];
  for (const [title, requirement, asked] of requirements) {
    test(`are recorded from ${title}`, async () => {
      const { tokens, use } = await clocked();
      const { token, id } = await createToken(tokens);
      assert.equal(await use(START + 5, token, requirement), 'valid');
      const lastUsedAt = Object.fromEntries(asked.map((permission) => [permission, START + 5]));
      assert.deepEqual(await useOf(tokens, id), { since: START, lastUsedAt });
    });
  }

  test('are recorded from a list that changes between uses', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const list = ['messages:send'];
    for (const permission of ['messages:send', 'messages:status']) {
      list[0] = permission;
      for (let time = 0; time < 2; time++) assert.equal((await tokens.verify(token, list)).code, 'valid');
    }
    await tokens.flush();
    const { lastUsedAt } = (await useOf(tokens, id)) ?? {};
    assert.deepEqual(Object.keys(lastUsedAt ?? {}).sort(), ['messages:send', 'messages:status']);
  });

  test('have the latest time of each, in all verifications, and in lists', async () => {
    const { tokens, clock, use } = await clocked();
    const { token, id } = await createToken(tokens, { add: ['messages:export'] });
    await use(START + 1, token, 'messages:send');
    clock.now = START + 2;
    await tokens.verifyMany([{ credential: token, requirement: 'messages:export' }]);
    assert.equal(tokens.verifySync(token, 'messages:send')?.valid, true);
    // A refused permission was not used.
    assert.equal((await tokens.verify(token, 'branch:read')).valid, false);
    await tokens.flush();
    const expected = {
      since: START,
      lastUsedAt: { 'messages:export': START + 2, 'messages:send': START + 2 },
    };
    assert.deepEqual(await useOf(tokens, id), expected);
    const { items } = await tokens.list({ owner: 'org:acme' }, admin);
    assert.deepEqual(items[0]?.permissionUse, expected);
  });

  test('are unknown before a use that did not report them', async () => {
    const { tokens, use } = await clocked();
    const { token, id } = await createToken(tokens);
    await use(START + 1, token);
    assert.equal(await useOf(tokens, id), undefined, 'no use is stored yet');
    await use(START + 2, token, 'messages:send');
    const lastUsedAt = { 'messages:send': START + 2 };
    assert.deepEqual(await useOf(tokens, id), { since: START + 1, lastUsedAt });
    await use(START + 3, token);
    assert.deepEqual(await useOf(tokens, id), { since: START + 3, lastUsedAt });
  });

  test('stay small, whatever is required', async () => {
    const permissions = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`p${at}`, `P ${at}`]));
    const catalog = { services: { many: { title: 'Many', permissions } } };
    const { tokens, use, clock } = await clocked({ catalog });
    const { token, id } = await createToken(tokens, { templates: [], add: ['many:*'] });
    clock.now = START + 1;
    for (const name of Object.keys(permissions))
      assert.ok((await tokens.verify(token, `many:${name}`)).valid);
    await use(START + 2, token, 'many:p0');
    const stored = await useOf(tokens, id);
    assert.equal(Object.keys(stored?.lastUsedAt ?? {}).length, 100);
    assert.equal(stored?.since, START + 2, 'permissions without room are not claimed');
  });

  test('include those of its sessions, and of their sessions', async () => {
    const { tokens, clock, use } = await clocked();
    const { token, id } = await createToken(tokens);
    const first = await tokens.exchange(token, {});
    const second = await tokens.exchange(token, {});
    const nested = await tokens.exchange(first.token as string, {});
    clock.now = START + 7;
    for (const { token: credential } of [second, nested])
      await tokens.verify(credential as string, 'messages:status');
    await use(START + 9, first.token as string, 'messages:send');
    const stored = async (id: string) => {
      const { uses, lastUsedAt, permissionUse } = await tokens.get(id, admin);
      return [uses, lastUsedAt, permissionUse?.lastUsedAt];
    };
    const both = { 'messages:send': START + 9, 'messages:status': START + 7 };
    assert.deepEqual(await stored(id), [3, START + 9, both]);
    assert.deepEqual(await stored(first.record.id), [2, START + 9, both]);
    assert.deepEqual(await stored(second.record.id), [1, START + 7, { 'messages:status': START + 7 }]);
  });
});

describe('the addresses that used a token', () => {
  /** With a clock, and with addresses recorded unless `changes` override it. */
  async function noting(changes = {}) {
    const clock = { now: START };
    const tokens = await deployment({ now: () => clock.now, usage: { addresses: true }, ...changes });
    return { tokens, clock };
  }
  /** Longer than the window: the time of a use is that of the read behind its verdict. */
  const STEP = 10_000;
  const addressesOf = async (tokens: Tokens, id: string) => (await tokens.get(id, admin)).lastUsedFrom;

  for (const freshness of [0, '5s'] as const) {
    test(`are recorded by all verifications, in get and in lists, with freshness ${freshness}`, async () => {
      const { tokens, clock } = await noting({ freshness });
      const { token, id } = await createToken(tokens);
      clock.now = START + 1 * STEP;
      await tokens.verify(token, 'messages:send', { ip: '192.0.2.1' });
      clock.now = START + 2 * STEP;
      assert.equal(tokens.verifySync(token, 'messages:send', { ip: '2001:DB8::2' })?.valid, true);
      clock.now = START + 3 * STEP;
      await tokens.verifyMany([
        { credential: token, requirement: 'messages:send', ip: '::ffff:192.0.2.3' },
        { credential: token, requirement: 'messages:send' },
      ]);
      // A refused permission was not used.
      assert.equal((await tokens.verify(token, 'branch:read', { ip: '192.0.2.9' })).valid, false);
      assert.equal(await addressesOf(tokens, id), undefined, 'nothing is written by a verification');
      await tokens.flush();
      const expected = [
        { address: '192.0.2.3', at: START + 3 * STEP },
        { address: '2001:db8::2', at: START + 2 * STEP },
        { address: '192.0.2.1', at: START + 1 * STEP },
      ];
      assert.deepEqual(await addressesOf(tokens, id), expected);
      const { items } = await tokens.list({ owner: 'org:acme' }, admin);
      assert.deepEqual(items[0]?.lastUsedFrom, expected);
      assert.equal(items[0]?.uses, 4);
    });
  }

  test('are the last five, across flushes and instances', async () => {
    const store = memoryStore();
    const { tokens, clock } = await noting({ store });
    const other = (await noting({ store })).tokens;
    const { token, id } = await createToken(tokens);
    for (const [at, last] of [1, 2, 3, 4, 5, 6, 7].entries()) {
      clock.now = START + at;
      await tokens.verify(token, undefined, { ip: `192.0.2.${last}` });
    }
    await tokens.verify(token, undefined, { ip: '192.0.2.3' });
    await other.verify(token, undefined, { ip: '192.0.2.8' });
    await Promise.all([tokens.flush(), other.flush()]);
    assert.deepEqual(
      (await addressesOf(tokens, id))?.map(({ address }) => address),
      ['192.0.2.3', '192.0.2.7', '192.0.2.6', '192.0.2.5', '192.0.2.4'],
    );
    clock.now = START + 20;
    await tokens.verify(token, undefined, { ip: '192.0.2.1' });
    await tokens.flush();
    assert.deepEqual(
      (await addressesOf(tokens, id))?.map(({ address }) => address),
      ['192.0.2.1', '192.0.2.3', '192.0.2.7', '192.0.2.6', '192.0.2.5'],
    );
  });

  test('of a session are recorded for its parents', async () => {
    const { tokens } = await noting();
    const { token, id } = await createToken(tokens);
    const session = await tokens.exchange(token, {});
    await tokens.verify(session.token as string, undefined, { ip: '192.0.2.1' });
    await tokens.flush();
    for (const of of [id, session.record.id])
      assert.deepEqual(await addressesOf(tokens, of), [{ address: '192.0.2.1', at: START }]);
  });

  test('are not lost when a flush fails', async () => {
    const inner = memoryStore();
    let failing = false;
    const store = wrapped(inner, {
      commit: (writes) => (failing ? Promise.reject(new Error('down')) : inner.commit(writes)),
    });
    const { tokens, clock } = await noting({ store, deadline: '1s' });
    const { token, id } = await createToken(tokens);
    await tokens.verify(token, undefined, { ip: '192.0.2.1' });
    failing = true;
    await assert.rejects(tokens.flush());
    clock.now = START + 5;
    await tokens.verify(token, undefined, { ip: '192.0.2.2' });
    failing = false;
    await tokens.flush();
    assert.deepEqual(await addressesOf(tokens, id), [
      { address: '192.0.2.2', at: START + 5 },
      { address: '192.0.2.1', at: START },
    ]);
  });

  for (const usage of [undefined, true, false, {}, { addresses: false }] as const) {
    test(`are not recorded with usage ${JSON.stringify(usage)}`, async () => {
      const store = memoryStore();
      const { tokens } = await noting({ store, usage });
      const { token, id } = await createToken(tokens);
      await tokens.verify(token, undefined, { ip: '192.0.2.77' });
      await tokens.flush();
      assert.equal(await addressesOf(tokens, id), undefined);
      assert.equal(JSON.stringify(entriesOf(store)).includes('192.0.2.77'), false);
    });
  }

  for (const [usage, path] of [
    ['yes', 'usage'],
    [null, 'usage'],
    [{ addresses: 1 }, 'usage.addresses'],
    [{ adresses: true }, 'adresses'],
  ] as const) {
    test(`with usage ${JSON.stringify(usage)} createTokens fails`, () =>
      assert.rejects(noting({ usage }), { code: 'invalid_input', path }));
  }
});

describe('a flush', () => {
  test('of nested sessions fits into the commits of a store, and counts each use once', async () => {
    const inner = memoryStore();
    const sizes: number[] = [];
    const store = wrapped(inner, {
      commit: (writes) => {
        sizes.push(writes.length);
        return inner.commit(writes);
      },
    });
    const tokens = await deployment({ store });
    const roots = [];
    for (let at = 0; at < 12; at++) {
      const root = await createToken(tokens, { name: `Root ${at}` });
      let credential = root.token;
      for (let depth = 0; depth < 4; depth++)
        credential = (await tokens.exchange(credential, {})).token as string;
      assert.ok((await tokens.verify(credential, 'messages:send')).valid);
      roots.push(root.id);
    }
    sizes.length = 0;
    assert.deepEqual(await tokens.flush(), { flushed: 12, uncounted: 0 });
    assert.ok(sizes.length > 1 && Math.max(...sizes) <= 32, `commits of ${sizes}`);
    for (const id of roots) assert.equal((await tokens.get(id, admin)).uses, 1);
  });

  const failures = {
    'that the store refuses': () => Promise.reject(new Error('down')),
    'that loses every turn': () => false,
  };
  for (const [title, fail] of Object.entries(failures)) {
    test(`${title} loses nothing`, async () => {
      const inner = memoryStore();
      let failing = false;
      const store = wrapped(inner, { commit: (writes) => (failing ? fail() : inner.commit(writes)) });
      const tokens = await deployment({ store, deadline: '1s' });
      const { token, id } = await createToken(tokens);
      await tokens.verify(token);
      failing = true;
      await assert.rejects(tokens.flush(), ({ code }) => ['outcome_unknown', 'conflict'].includes(code));
      await tokens.verify(token);
      failing = false;
      assert.deepEqual(await tokens.flush(), { flushed: 1, uncounted: 0 });
      assert.equal((await tokens.get(id, admin)).uses, 2);
    });
  }

  test('that is aborted loses nothing either', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    const reason = new Error('over');
    await assert.rejects(tokens.flush({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
    await assert.rejects(tokens.flush({ force: true } as never), { code: 'invalid_input', path: 'force' });
    assert.equal((await tokens.flush()).flushed, 1);
    assert.equal((await tokens.get(id, admin)).uses, 1);
  });

  test('beside another one counts every use once', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    const first = tokens.flush();
    await tokens.verify(token);
    await Promise.all([first, tokens.flush(), tokens.flush()]);
    assert.equal((await tokens.get(id, admin)).uses, 2);
  });

  test('keeps a revoked token revoked: a use never undoes a change', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    const [, revoked] = await Promise.all([tokens.flush(), tokens.revoke(id, {}, admin)]);
    assert.equal(revoked.status, 'revoked');
    await tokens.flush();
    assert.equal((await tokens.verify(token)).code, 'revoked');
  });
});

describe('a token that goes idle', () => {
  test('is refused after its idle time, and stays valid while its uses are flushed', async () => {
    const clock = { now: START };
    const tokens = await deployment({ now: () => clock.now });
    const used = await createToken(tokens, { name: 'Used', idleAfter: '1h' });
    const idle = await createToken(tokens, { name: 'Idle', idleAfter: '1h' });
    assert.equal(used.record.idleAfter, 3_600_000);
    clock.now += 3_000_000;
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    await tokens.flush();
    clock.now = START + 3_599_999;
    assert.equal((await tokens.verify(idle.token, undefined, { use: false })).code, 'valid');
    clock.now += 1;
    const verdict = await tokens.verify(idle.token);
    assert.deepEqual([verdict.code, verdict.status, verdict.error], ['idle_expired', 401, 'invalid_token']);
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    // An idle token is not revived; the idle time of others restarts.
    await tokens.disable(idle.id, admin);
    await assert.rejects(tokens.enable(idle.id, admin), { code: 'terminal' });
    await tokens.disable(used.id, admin);
    clock.now += 7_200_000;
    await tokens.enable(used.id, admin);
    assert.equal((await tokens.verify(used.token)).code, 'valid');
  });

  test('is kept alive only by uses: not by introspection, and not by an old secret', async () => {
    const clock = { now: START };
    const kinds = { watched: { title: 'Watched', rotation: { reuse: 'alert' as const } } };
    const tokens = await deployment({ now: () => clock.now, catalog: { ...catalog, kinds } });
    const { token, id } = await createToken(tokens, {
      kind: 'watched',
      idleAfter: '1h',
      limits: { credits: { amount: 5 } },
    });
    const old = await createToken(tokens, { kind: 'watched', idleAfter: '1h' });
    const { token: next } = await tokens.rotate(old.id, { grace: 0 }, admin);
    for (const credential of [token, next as string]) {
      assert.equal((await tokens.verify(credential, 'messages:send')).code, 'valid');
    }
    await tokens.flush();
    const before = [await tokens.get(id, admin), await tokens.get(old.id, admin)];
    const guard = createGuard(tokens);
    const request = new Request('https://api.test/nowhere', {
      headers: { authorization: `Bearer ${token}` },
    });
    clock.now += 3_000_000;
    assert.equal((await tokens.explain(token)).code, 'valid');
    assert.equal((await tokens.verify(token, undefined, { use: false })).code, 'valid');
    assert.equal((await tokens.verify(token, undefined, { use: false, ip: '192.0.2.7' })).code, 'valid');
    assert.equal(tokens.verifySync(token, undefined, { use: false })?.code, 'valid');
    assert.equal((await tokens.verifyMany([{ credential: token, use: false }]))[0]?.code, 'valid');
    // No route matches, so the request is refused without spending anything.
    assert.equal((await guard(request, undefined, { consume: 1 })).response?.status, 403);
    assert.equal((await tokens.verify(old.token)).code, 'rotated_out');
    await tokens.list({ owner: 'org:acme' }, admin);
    await tokens.flush();
    assert.deepEqual([await tokens.get(id, admin), await tokens.get(old.id, admin)], before);
    assert.equal((await tokens.verify(token, undefined, { consume: 1 })).remaining, 4);
    clock.now = START + 3_600_000;
    assert.equal((await tokens.verify(next as string)).code, 'idle_expired');
  });

  test('ends its sessions, and no late flush revives it', async () => {
    const clock = { now: START };
    const kinds = { session: { lifetime: { longest: '30d' } } };
    const tokens = await deployment({ now: () => clock.now, catalog: { ...catalog, kinds } });
    const { token, id } = await createToken(tokens, { idleAfter: '1h' });
    const session = (await tokens.exchange(token, { expiresIn: '30d' })).token as string;
    clock.now += 3_000_000;
    assert.equal((await tokens.verify(session)).code, 'valid');
    clock.now += 20 * 86_400_000;
    // A use that is flushed late counts from its own time.
    await tokens.flush();
    assert.equal((await tokens.get(id, admin)).lastUsedAt, START + 3_000_000);
    for (const credential of [session, token])
      assert.equal((await tokens.verify(credential)).code, 'idle_expired');
    await tokens.flush();
    assert.equal((await tokens.verify(session)).code, 'idle_expired');
  });
});
