/** Limits: rates, credits, refills; exact across processes, approximate if configured. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { entriesOf } from '../support/store-entries.js';
import { temporaryFile } from '../support/temporary-file.js';
import { wrapped } from '../support/wrapped-store.js';

const START = 1_800_000_000_000;
const MINUTE = 60_000;

async function clocked(limits: object, changes: object = {}) {
  const clock = { now: START };
  const tokens = await deployment({ now: () => clock.now, ...changes });
  return { tokens, clock, ...(await createToken(tokens, { limits })) };
}

/** The codes of this number of verifications, each with `consume`. */
async function spend(tokens: Tokens, token: string, times: number, consume = 1): Promise<string> {
  const codes: string[] = [];
  for (let turn = 0; turn < times; turn++)
    codes.push((await tokens.verify(token, 'messages:send', { consume })).code);
  return [...new Set(codes)]
    .map((code) => `${codes.filter((one) => one === code).length} ${code}`)
    .join(', ');
}

/** The remaining credits. */
async function balance(tokens: Tokens, token: string): Promise<number | undefined> {
  const { code, remaining } = await tokens.verify(token, undefined, { consume: 0 });
  assert.equal(code, 'valid');
  return remaining;
}

describe('rates', () => {
  test('pass all at once, then evenly', async () => {
    const { tokens, clock, token } = await clocked({ requests: { limit: 6, per: '1m' } });
    assert.equal(await spend(tokens, token, 8), '6 valid, 2 rate_limited');
    const verdict = await tokens.verify(token, 'messages:send', { consume: 1 });
    assert.deepEqual(
      [verdict.valid, verdict.status, verdict.error, verdict.retryAfter],
      [false, 429, undefined, 10],
    );
    clock.now += 9_999;
    assert.equal(await spend(tokens, token, 1), '1 rate_limited');
    clock.now += 1;
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 rate_limited');
    clock.now += MINUTE;
    assert.equal(await spend(tokens, token, 7), '6 valid, 1 rate_limited');
  });

  test('can cost more than one each; what costs more than the limit never passes', async () => {
    const { tokens, token } = await clocked({ requests: { limit: 5, per: '1m' } });
    const never = await tokens.verify(token, undefined, { consume: 6 });
    assert.deepEqual([never.code, never.retryAfter], ['rate_limited', undefined]);
    assert.equal(await spend(tokens, token, 1, 3), '1 valid');
    assert.equal(await spend(tokens, token, 1, 3), '1 rate_limited');
    assert.equal(await spend(tokens, token, 1, 2), '1 valid');
  });

  test('are counted only if the verification has `consume`', async () => {
    const store = memoryStore();
    const { tokens, token } = await clocked({ requests: { limit: 1, per: '1m' } }, { store });
    const before = entriesOf(store);
    for (let turn = 0; turn < 3; turn++) assert.equal((await tokens.verify(token)).code, 'valid');
    assert.deepEqual(entriesOf(store), before);
    for (const consume of [-1, 1.5, 1_000_001, '1', null]) {
      const options = { consume } as never;
      await assert.rejects(tokens.verify(token, undefined, options), {
        code: 'invalid_input',
        path: 'consume',
      });
    }
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 rate_limited');
  });
});

describe('credits', () => {
  test('are used up permanently without a refill', async () => {
    const { tokens, clock, token } = await clocked({ credits: { amount: 3 } });
    const first = await tokens.verify(token, undefined, { consume: 2 });
    assert.deepEqual([first.code, first.remaining], ['valid', 1]);
    const second = await tokens.verify(token, undefined, { consume: 2 });
    assert.deepEqual(
      [second.code, second.status, second.remaining, second.retryAfter],
      ['usage_exceeded', 429, undefined, undefined],
    );
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 usage_exceeded');
    clock.now += 10 ** 12;
    assert.equal(await spend(tokens, token, 1), '1 usage_exceeded');
  });

  test('come back with refills, never above their amount', async () => {
    const limits = { credits: { amount: 3, refill: { amount: 2, every: '1h' } } };
    const { tokens, clock, token } = await clocked(limits);
    assert.equal(await spend(tokens, token, 4), '3 valid, 1 usage_exceeded');
    assert.equal((await tokens.verify(token, undefined, { consume: 1 })).retryAfter, 3_600);
    clock.now += 60 * MINUTE - 1;
    assert.equal(await spend(tokens, token, 1), '1 usage_exceeded');
    clock.now += 1;
    assert.equal(await spend(tokens, token, 3), '2 valid, 1 usage_exceeded');
    clock.now += 600 * MINUTE;
    assert.equal(await spend(tokens, token, 4), '3 valid, 1 usage_exceeded');
  });

  test('and a rate together: a use that one refuses the other does not count', async () => {
    const limits = { requests: { limit: 2, per: '1m' }, credits: { amount: 3 } };
    const { tokens, clock, token } = await clocked(limits);
    assert.equal(await spend(tokens, token, 4), '2 valid, 2 rate_limited');
    clock.now += MINUTE;
    assert.equal(await spend(tokens, token, 3), '1 valid, 2 usage_exceeded');
  });

  test('of a parent are spent by its sessions', async () => {
    const { tokens, token } = await clocked({ credits: { amount: 3 } });
    const sessions = [(await tokens.exchange(token, {})).token, (await tokens.exchange(token, {})).token];
    for (const session of sessions) assert.equal(await spend(tokens, String(session), 1), '1 valid');
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 usage_exceeded');
    assert.equal(await spend(tokens, String(sessions[0]), 1), '1 usage_exceeded');
  });

  test('that were used stay used when the amount is edited', async () => {
    const { tokens, token, id } = await clocked({ credits: { amount: 100 } });
    assert.equal((await tokens.verify(token, undefined, { consume: 60 })).remaining, 40);
    await tokens.edit(id, { limits: { credits: { amount: 101 } } }, admin);
    assert.equal(await balance(tokens, token), 41);
    await tokens.edit(id, { limits: { credits: { amount: 50 } } }, admin);
    assert.equal(await balance(tokens, token), 0);
    assert.equal(await spend(tokens, token, 1), '1 usage_exceeded');
    await tokens.edit(id, { limits: { credits: { amount: 100 } } }, admin);
    assert.equal(await balance(tokens, token), 40);
  });

  test('are topped up by an edit of the remaining ones, and begin with the amount of create', async () => {
    const { tokens, token, id } = await clocked({ credits: { amount: 10, remaining: 3 } });
    assert.equal(await balance(tokens, token), 3);
    assert.equal(await spend(tokens, token, 4), '3 valid, 1 usage_exceeded');
    const { limits } = await tokens.edit(id, { limits: { credits: { amount: 10, remaining: 10 } } }, admin);
    assert.deepEqual(limits, { credits: { amount: 10 } });
    assert.equal(await spend(tokens, token, 11), '10 valid, 1 usage_exceeded');
    await tokens.edit(id, { limits: { credits: { amount: 10, remaining: 0 } } }, admin);
    assert.equal(await spend(tokens, token, 1), '1 usage_exceeded');
    const { items } = await tokens.audit({ owner: 'org:acme', token: id }, admin);
    const remaining = items.map(({ before, after }) => [before.remaining, after.remaining]);
    assert.deepEqual(remaining.reverse(), [
      [undefined, 3],
      [0, 10],
      [0, 0],
    ]);
  });

  test('begin full after they were removed, without their old counter', async () => {
    const store = memoryStore();
    const { tokens, token, id } = await clocked({ credits: { amount: 2 } }, { store });
    assert.equal(await spend(tokens, token, 2), '2 valid');
    await tokens.edit(id, { limits: null }, admin);
    assert.deepEqual(
      entriesOf(store).filter(({ key }) => key.startsWith('limit/')),
      [],
    );
    await tokens.edit(id, { limits: { credits: { amount: 2 } } }, admin);
    assert.equal(await balance(tokens, token), 2);
  });

  test('are returned by consume 0, which spends nothing and writes nothing', async () => {
    const store = memoryStore();
    const { tokens, token, clock } = await clocked(
      { requests: { limit: 1, per: '1m' }, credits: { amount: 2, refill: { amount: 1, every: '1h' } } },
      { store },
    );
    const session = String((await tokens.exchange(token, {})).token);
    const before = entriesOf(store);
    for (let turn = 0; turn < 3; turn++) assert.equal(await balance(tokens, token), 2);
    assert.equal(await balance(tokens, session), 2);
    assert.deepEqual(entriesOf(store), before);
    assert.equal(await spend(tokens, token, 1, 1), '1 valid');
    assert.equal(await balance(tokens, session), 1);
    clock.now += 2 * MINUTE;
    assert.equal(await spend(tokens, session, 1, 1), '1 valid');
    // Nothing is left, but a query of the remaining credits is not refused, because it is not a
    // use.
    assert.equal(await balance(tokens, token), 0);
    clock.now += 60 * MINUTE;
    assert.equal(await balance(tokens, token), 1);
    const { token: unlimited } = await createToken(tokens);
    assert.equal(await balance(tokens, unlimited), undefined);
  });

  test('are counted while they are edited: an edit waits for its turn among the uses', async () => {
    const { tokens, token, id } = await clocked({ credits: { amount: 1_000 } });
    const uses = Array.from({ length: 200 }, () => tokens.verify(token, undefined, { consume: 1 }));
    const edits = [1_001, 1_002, 1_003].map((amount) =>
      tokens.edit(id, { limits: { credits: { amount } } }, admin),
    );
    await Promise.all(edits);
    assert.ok((await Promise.all(uses)).every(({ valid }) => valid));
    const { limits } = await tokens.get(id, admin);
    assert.equal(await balance(tokens, token), Number(limits?.credits?.amount) - 200);
  });
});

describe('a rate', () => {
  test('that is edited keeps its used amount', async () => {
    const { tokens, token, id } = await clocked({ requests: { limit: 1, per: '1d' } });
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 rate_limited');
    await tokens.edit(id, { limits: { requests: { limit: 2, per: '1s' } } }, admin);
    assert.equal(await spend(tokens, token, 2), '1 valid, 1 rate_limited');
  });
});

describe('counters', () => {
  test('of a token that is deleted meanwhile are not recreated by an earlier use', async () => {
    const inner = memoryStore();
    let late: (() => Promise<void>) | undefined;
    const store = wrapped(inner, {
      async commit(writes) {
        const meanwhile = writes.some(({ key }) => key.startsWith('limit/')) ? late : undefined;
        if (meanwhile !== undefined) {
          late = undefined;
          await meanwhile();
        }
        return inner.commit(writes);
      },
    });
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens, { limits: { credits: { amount: 2 } } });
    late = async () => {
      await tokens.delete(id, admin);
    };
    assert.equal((await tokens.verify(token, undefined, { consume: 1 })).code, 'unknown');
    assert.deepEqual(
      entriesOf(inner).filter(({ key }) => key.startsWith('limit/')),
      [],
    );
  });
});

describe('errors in limits are reported', () => {
  const cases: [limits: unknown, path: string][] = [
    [{}, 'limits'],
    [{ requests: {} }, 'limits.requests.limit'],
    [{ requests: { limit: 0, per: '1m' } }, 'limits.requests.limit'],
    [{ requests: { limit: 1, per: 0 } }, 'limits.requests.per'],
    [{ credits: { amount: 2 ** 31 } }, 'limits.credits.amount'],
    [{ credits: { amount: 3, remaining: 4 } }, 'limits.credits.remaining'],
    [{ credits: { amount: 3, remaining: -1 } }, 'limits.credits.remaining'],
    [{ credits: { amount: 1, refill: { amount: 1 } } }, 'limits.credits.refill.every'],
    [{ rate: 1 }, 'limits.rate'],
  ];
  for (const [limits, path] of cases) {
    test(JSON.stringify(limits), async () => {
      const tokens = await deployment();
      await assert.rejects(tokens.create(input({ limits }) as never, admin), { code: 'invalid_input', path });
    });
  }
});

describe('exact limits', () => {
  test('hold across two deployments and two processes on one file', async () => {
    const file = temporaryFile();
    const store = sqliteStore({ path: file.path, busyTimeout: '30s' });
    try {
      const [one, two] = [
        await deployment({ store, deadline: '120s' }),
        await deployment({ store, deadline: '120s' }),
      ];
      const { token } = await createToken(one, { limits: { credits: { amount: 40 } } });
      const children = [1, 2].map(() => start('verify-times', file.path, token, '30'));
      const passedOf = async (child: (typeof children)[number]) => {
        const printed = [];
        for await (const line of lines(child)) printed.push(Number(line));
        assert.equal(await ending(child), 0);
        return printed[0] ?? Number.NaN;
      };
      const here = Promise.all([spend(one, token, 8), spend(two, token, 8)]);
      const passed = await Promise.all(children.map(passedOf));
      const mine = (await here).map((codes) => Number(/(\d+) valid/.exec(codes)?.[1] ?? 0));
      // 76 uses of at most 40: exactly 40 pass, over all processes.
      assert.equal(
        [...passed, ...mine].reduce((sum, count) => sum + count),
        40,
      );
      assert.equal(await spend(one, token, 1), '1 usage_exceeded');
    } finally {
      store.close();
      file.remove();
    }
  });

  test('need a store that commits: otherwise the request is refused', async () => {
    const inner = memoryStore();
    const { token } = await createToken(await deployment({ store: inner }), {
      limits: { credits: { amount: 9 } },
    });
    const throws = () => {
      throw new Error('read only');
    };
    for (const [code, commit] of [
      ['deadline_exceeded', () => false],
      ['store_unavailable', throws],
    ] as const) {
      const tokens = await deployment({ store: wrapped(inner, { commit }), deadline: '300ms' });
      const verdict = await tokens.verify(token, undefined, { consume: 1 });
      assert.deepEqual([verdict.code, verdict.status], [code, 503]);
      assert.equal((await tokens.verify(token)).code, 'valid', 'nothing is counted without consume');
    }
  });

  test('are not spent twice when the answer of a commit is lost: it counts, and the request is refused', async () => {
    const inner = memoryStore();
    let lose = false;
    const store = wrapped(inner, {
      commit(writes) {
        const applied = inner.commit(writes);
        if (!lose) return applied;
        lose = false;
        throw new Error('answer lost');
      },
    });
    const tokens = await deployment({ store });
    const { token } = await createToken(tokens, { limits: { credits: { amount: 2 } } });
    lose = true;
    assert.equal(await spend(tokens, token, 3), '1 store_unavailable, 1 valid, 1 usage_exceeded');
  });

  test('with damaged counters refuse, because the used amount is unknown', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token } = await createToken(tokens, { limits: { credits: { amount: 2 } } });
    await spend(tokens, token, 1);
    const counter = entriesOf(store).find(({ key }) => key.startsWith('limit/'));
    assert.ok(counter);
    for (const value of ['', '{}', 'null', counter.value.replace('"credits":1', '"credits":3')]) {
      assert.notEqual(value, counter.value);
      store.commit([{ key: counter.key, value }]);
      assert.equal(await spend(tokens, token, 1), '1 store_unavailable', value);
    }
  });
});

describe('approximate limits', () => {
  test('are counted in each instance, and the store is never written', async () => {
    const inner = memoryStore();
    const { token } = await createToken(await deployment({ store: inner }), {
      limits: { credits: { amount: 3 } },
    });
    const before = entriesOf(inner);
    const readOnly = wrapped(inner, {
      commit: () => {
        throw new Error('read only');
      },
    });
    const instances = [1, 2].map(() => deployment({ store: readOnly, limits: 'approximate' }));
    for (const tokens of await Promise.all(instances)) {
      assert.equal(await spend(tokens, token, 5), '3 valid, 2 usage_exceeded');
    }
    assert.deepEqual(entriesOf(inner), before);
  });

  test('start with the remaining amount in the store', async () => {
    const store = memoryStore();
    const exact = await deployment({ store });
    const few = { limits: { credits: { amount: 10, remaining: 2 } } };
    const { token } = await createToken(exact, few);
    const { token: used } = await createToken(exact, { limits: { credits: { amount: 3 } } });
    assert.equal(await spend(exact, used, 2), '2 valid');
    const near = await deployment({ store, limits: 'approximate' });
    assert.equal(await spend(near, token, 3), '2 valid, 1 usage_exceeded');
    assert.equal(await spend(near, used, 2), '1 valid, 1 usage_exceeded');
  });

  test('do not change the record', async () => {
    const store = memoryStore();
    const exact = await deployment({ store });
    const near = await deployment({ store, limits: 'approximate' });
    const { token, id } = await createToken(exact, { limits: { credits: { amount: 3 } } });
    assert.equal(await spend(near, token, 1), '1 valid');
    await exact.revoke(id, {}, admin);
    assert.equal(await spend(near, token, 1), '1 revoked');
  });
});
