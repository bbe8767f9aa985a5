/**
 * Stores that throw, hang, lie and lose answers: none of that gives access, makes a second token or
 * hangs a call (P13).
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError, type Store } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { never, wrapped } from '../support/wrapped-store.js';

const ANSWERS_OF_GET: [title: string, get: (keys: string[]) => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('down');
    },
  ],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['rejects with nothing', () => Promise.reject()],
  ['never answers', () => never()],
  ['answers nothing', () => undefined],
  ['answers null', () => null],
  ['answers a text', () => 'x'],
  ['answers an object', () => ({ 0: '{}', length: 1 })],
  ['answers too few', () => []],
  ['answers too many', (keys) => [...keys, ...keys].map(() => null)],
  ['answers numbers', (keys) => keys.map(() => 1)],
  ['answers undefined for a value', (keys) => keys.map(() => undefined)],
  ['answers parsed values', (keys) => keys.map(() => ({ status: 'active' }))],
  ['answers true', () => true],
  ['answers a value beyond all measure', (keys) => keys.map(() => 'x'.repeat(2 ** 21))],
];

describe('a faulty get', () => {
  for (const [title, get] of ANSWERS_OF_GET) {
    test(`${title}: no verification passes, and every call ends`, async () => {
      const inner = memoryStore();
      let faulty = false;
      const store = wrapped(inner, { get: (keys) => (faulty ? (get(keys) as never) : inner.get(keys)) });
      const patient = await deployment({ store });
      const tokens = await deployment({ store, deadline: '300ms' });
      const { token, id } = await createToken(patient);
      faulty = true;
      const verdict = await tokens.verify(token, 'messages:send');
      assert.deepEqual(
        { ...verdict, asOf: 0 },
        { valid: false, code: 'store_unavailable', status: 503, asOf: 0 },
      );
      const calls = [tokens.get(id, admin), tokens.disable(id, admin), tokens.create(input(), admin)];
      await Promise.all(calls.map((call) => assert.rejects(call, { code: 'store_unavailable' })));
      faulty = false;
      assert.equal((await patient.verify(token)).valid, true);
    });
  }

  test('records that are not as Leastkey wrote them are refused, never guessed', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens);
    const other = await createToken(tokens, { name: 'Other' });
    const entries = store.list({ prefix: '', limit: 1_000 });
    const record = entries.find(({ value }) => value.includes('"digest"') && value.includes(id));
    const swapped = entries.find(({ value }) => value.includes('"digest"') && value.includes(other.id));
    assert.ok(record && swapped);
    const damaged = [
      '',
      'null',
      'true',
      '[]',
      '{}',
      '"valid"',
      '{"status":"active"}',
      '\u0007',
      '{"__proto__":{"valid":true}}',
      record.value.slice(0, -1),
      `${record.value} `,
      record.value.replace('"active"', '"actve"'),
      record.value.replace('"active"', '"__proto__"'),
      record.value.replace('{', '{"more":1,'),
      record.value.replaceAll('"messages:send"', '"*"'),
      '['.repeat(100_000),
      swapped.value,
    ];
    for (const value of damaged) {
      store.commit([{ key: record.key, value }]);
      const verdict = await tokens.verify(token, 'messages:send');
      // A blank at the end is valid JSON; only sealed values are compared byte for byte.
      if (value === `${record.value} `) continue;
      assert.equal(verdict.valid, false, value.slice(0, 200));
      await assert.rejects(
        tokens.get(id, admin),
        (error) => error instanceof LeastkeyError,
        value.slice(0, 200),
      );
    }
    store.commit([{ key: record.key, value: record.value }]);
    assert.equal((await tokens.verify(token)).valid, true);
  });
});

describe('a slow get', () => {
  test('does not extend a token past its expiry, and the verdict has its instant', async () => {
    const inner = memoryStore();
    let now = 1_800_000_000_000;
    /** The durations of the next reads: of the record, and of its dependencies. */
    let delays: number[] = [];
    const store = wrapped(inner, {
      get(keys) {
        now += delays.shift() ?? 0;
        return inner.get(keys);
      },
    });
    const tokens = await deployment({ store, now: () => now });
    for (const [slow, code] of [
      [[9_999], 'valid'],
      [[10_000], 'expired'],
      [[0, 9_999], 'valid'],
      [[0, 10_000], 'expired'],
    ] as const) {
      const { token } = await createToken(tokens, { expiresIn: '10s' });
      const began = now;
      delays = [...slow];
      const verdict = await tokens.verify(token);
      assert.deepEqual([verdict.code, verdict.asOf, delays], [code, began, []]);
    }
  });
});

describe('a faulty list', () => {
  const answers: [string, unknown][] = [
    ['nothing', undefined],
    ['no array', {}],
    ['entries without keys', [{ value: '"x"' }]],
    ['values that are no text', [{ key: 'x', value: 1 }]],
    ['null', [null]],
    ['keys of somebody else', [{ key: '~', value: '"x"' }]],
    ['more than asked for', Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, value: '1' }))],
  ];
  for (const [title, answer] of answers) {
    test(`answers ${title}: an error, and no call hangs`, async () => {
      const tokens = await deployment({
        store: wrapped(memoryStore(), { list: () => answer as never }),
        deadline: '40ms',
      });
      await assert.rejects(tokens.list({ owner: 'org:acme' }, admin), { code: 'store_unavailable' });
    });
  }

  test('one that repeats its entries, or reverses them, is reported', async () => {
    const inner = memoryStore();
    const tokens = await deployment({
      store: wrapped(inner, { list: (range) => inner.list(range).toReversed() }),
    });
    await createToken(tokens, { name: 'One' });
    await createToken(tokens, { name: 'Two' });
    await assert.rejects(tokens.list({ owner: 'org:acme' }, admin), { code: 'store_unavailable' });
  });
});

/** The possible outcomes of one commit, on a working store. */
const FATES: Record<string, (inner: Store) => Store['commit']> = {
  'applied, then throws': (inner) => (writes) => {
    inner.commit(writes);
    throw new Error('answer lost');
  },
  'applied, then rejects': (inner) => async (writes) => {
    await inner.commit(writes);
    throw new Error('answer lost');
  },
  'applied, then never answers': (inner) => (writes) => {
    inner.commit(writes);
    return never();
  },
  'applied, then says it was not': (inner) => (writes) => {
    inner.commit(writes);
    return false;
  },
  'applied, then answers nothing': (inner) => (writes) => {
    inner.commit(writes);
    return undefined as never;
  },
  'applied twice': (inner) => async (writes) => {
    await inner.commit(writes);
    return inner.commit(writes);
  },
  'applied, then answers 1': (inner) => (writes) => {
    inner.commit(writes);
    return 1 as never;
  },
  'not applied, throws': () => () => {
    throw new Error('refused');
  },
  'not applied, never answers': () => () => never(),
};

describe('a commit whose answer is lost', () => {
  for (const [title, fate] of Object.entries(FATES)) {
    test(`${title}: the outcome is read, and the change is done once`, async () => {
      const inner = memoryStore();
      let once: Store['commit'] | undefined;
      const store = wrapped(inner, {
        commit(writes) {
          const commit = once ?? inner.commit.bind(inner);
          once = undefined;
          return commit(writes);
        },
      });
      const tokens = await deployment({ store, deadline: '600ms' });

      once = fate(inner);
      const { token, id, record } = await createToken(tokens);
      assert.equal((await tokens.verify(token)).valid, true, 'the one credential works');
      assert.deepEqual(
        (await tokens.list({ owner: 'org:acme' }, admin)).items,
        [{ ...record, permissionCount: record.permissions.length }],
        'no second token',
      );

      once = fate(inner);
      assert.equal((await tokens.disable(id, admin)).status, 'disabled');
      once = fate(inner);
      assert.equal((await tokens.enable(id, admin)).status, 'active');
      once = fate(inner);
      assert.equal((await tokens.revoke(id, { reason: 'lost' }, admin)).status, 'revoked');
      assert.equal((await tokens.verify(token)).code, 'revoked');
      once = fate(inner);
      assert.deepEqual(await tokens.delete(id, admin), { id });
      assert.equal((await tokens.verify(token)).code, 'unknown');
    });
  }

  test('a commit that lands after its time limit lands once', async () => {
    const inner = memoryStore();
    let land: (() => void) | undefined;
    const store = wrapped(inner, {
      commit(writes) {
        if (land !== undefined) return inner.commit(writes);
        return new Promise((resolve) => {
          land = () => resolve(inner.commit(writes));
        });
      },
    });
    const tokens = await deployment({ store, deadline: '400ms' });
    const { token } = await createToken(tokens);
    assert.ok(land);
    land();
    assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 1);
    assert.equal((await tokens.verify(token)).valid, true);
  });

  test('when it stays unknown the error says so, and a retry with the same key finds the outcome', async () => {
    const inner = memoryStore();
    let cut = false;
    let down = false;
    const store = wrapped(inner, {
      get: (keys) => (down ? Promise.reject(new Error('down')) : inner.get(keys)),
      commit(writes) {
        if (!cut) return inner.commit(writes);
        down = true;
        return inner.commit(writes) && Promise.reject(new Error('answer lost'));
      },
    });
    const tokens = await deployment({ store, deadline: '300ms' });
    cut = true;
    const call = () => tokens.create(input({ idempotencyKey: 'k1' }), admin);
    await assert.rejects(call(), { code: 'outcome_unknown' });
    cut = false;
    down = false;
    const { token, record } = await call();
    assert.equal(token, null);
    assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, [
      { ...record, permissionCount: record.permissions.length },
    ]);
  });

  test('after outcome_unknown of a revocation the next verification is right', async () => {
    const inner = memoryStore();
    let commit: Store['commit'] = (writes) => inner.commit(writes);
    const store = wrapped(inner, { commit: (writes) => commit(writes) });
    const tokens = await deployment({ store });
    // Long enough to reach the commit on a busy machine; also the wait for the answer.
    const impatient = await deployment({ store, deadline: '1s' });
    const { token, id } = await createToken(tokens);
    commit = () => never();
    await assert.rejects(impatient.revoke(id, {}, admin), { code: 'outcome_unknown' });
    assert.equal((await tokens.verify(token)).code, 'valid', 'it was not applied');
    commit = (writes) => inner.commit(writes);
    await tokens.revoke(id, {}, admin);
    assert.equal((await tokens.verify(token)).code, 'revoked');
  });

  test('a store that reports no change is believed, and its message is passed on', async () => {
    const refuse = () => {
      throw new LeastkeyError('store_unavailable', 'database is locked');
    };
    const tokens = await deployment({ store: wrapped(memoryStore(), { commit: refuse }) });
    await assert.rejects(tokens.create(input(), admin), {
      code: 'store_unavailable',
      message: 'database is locked',
    });
  });

  test('the message of a foreign error is in the cause only', async () => {
    const cause = new Error('cannot connect to postgres://ada:hunter2@db');
    const tokens = await deployment({ store: wrapped(memoryStore(), { get: () => Promise.reject(cause) }) });
    await assert.rejects(tokens.create(input(), admin), (error) => {
      assert.ok(error instanceof LeastkeyError);
      assert.equal(error.cause, cause);
      assert.equal(error.message.includes('hunter2'), false);
      return true;
    });
  });
});

describe('writers of one process', () => {
  test('queue at a hot key, over all deployments of one store, and lose no commit to each other', async () => {
    const inner = memoryStore();
    let refused = 0;
    const store = wrapped(inner, {
      async get(keys) {
        await new Promise(setImmediate);
        return inner.get(keys);
      },
      async commit(writes) {
        await new Promise(setImmediate);
        const applied = inner.commit(writes) as boolean;
        if (!applied) refused += 1;
        return applied;
      },
    });
    const both = await Promise.all([deployment({ store }), deployment({ store })]);
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, index) => createToken(both[index % 2] as never, { name: `T${index}` })),
    );
    await Promise.all(made.map(({ id }, index) => (both[index % 2] as (typeof both)[0]).disable(id, admin)));
    assert.equal(refused, 0);
    const { items } = await both[0].list({ owner: 'org:acme', limit: 200 }, admin);
    assert.deepEqual(
      items.map(({ status }) => status),
      Array(60).fill('disabled'),
    );
  });

  test('one that hangs blocks the others no longer than their deadline, and leaves the queue', async () => {
    const inner = memoryStore();
    let hang = false;
    const store = wrapped(inner, { commit: (writes) => (hang ? never() : inner.commit(writes)) });
    const tokens = await deployment({ store, deadline: '100ms' });
    const made = await Promise.all([1, 2, 3].map((n) => createToken(tokens, { name: `T${n}` })));
    hang = true;
    const outcomes = await Promise.allSettled(made.map(({ id }) => tokens.disable(id, admin)));
    for (const outcome of outcomes) {
      assert.ok(
        outcome.status === 'rejected' &&
          ['outcome_unknown', 'deadline_exceeded'].includes(outcome.reason.code),
      );
    }
    hang = false;
    for (const { id } of made) assert.equal((await tokens.disable(id, admin)).status, 'disabled');
  });
});
