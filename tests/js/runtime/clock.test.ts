/**
 * P4: a token is valid only before its expiry; a clock that goes back or returns nonsense revives
 * nothing.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input } from '../support/deployment.js';
import { instanceInUse, trapNext } from '../support/wasm-glue.js';

const START = 1_800_000_000_000;

async function clocked() {
  const clock = { now: START };
  const tokens = await deployment({ now: () => clock.now });
  return { tokens, clock, ...(await createToken(tokens, { expiresAt: START + 1_000 })) };
}

describe('a clock', () => {
  test('that goes back by any amount revives no token', async () => {
    const { tokens, clock, token } = await clocked();
    assert.equal((await tokens.verify(token)).code, 'valid');
    clock.now = START + 1_000;
    assert.equal((await tokens.verify(token)).code, 'expired');
    for (clock.now of [START + 999, START, 0, START + 500]) {
      const { code, asOf } = await tokens.verify(token);
      assert.deepEqual([code, asOf], ['expired', START + 1_000]);
    }
  });

  test('that went back unobserved, or before a trap, revives none either', async () => {
    const { tokens, clock, token } = await clocked();
    clock.now = START + 1_000;
    assert.equal(tokens.mint().token.length > 0, true, 'any look at the clock counts');
    clock.now = START;
    assert.equal((await tokens.verify(token)).code, 'expired');
    const instance = instanceInUse('verify');
    trapNext('begin');
    await assert.rejects(tokens.verify(token), { code: 'internal' });
    assert.equal((await tokens.verify(token)).code, 'expired');
    assert.notEqual(instanceInUse('verify'), instance);
  });

  test('that goes back extends no grace, and refills no credits twice', async () => {
    const clock = { now: START };
    const tokens = await deployment({ now: () => clock.now });
    const limits = { credits: { amount: 1, refill: { amount: 1, every: '1s' } } };
    const { token } = await createToken(tokens, { limits });
    const spend = async () => (await tokens.verify(token, undefined, { consume: 1 })).code;
    assert.equal(await spend(), 'valid');
    clock.now = START + 1_000;
    assert.equal(await spend(), 'valid');
    for (clock.now of [START, START + 999, START + 1_000]) assert.equal(await spend(), 'usage_exceeded');
  });

  test('that returns nonsense is an error, never a valid verdict', async () => {
    const { tokens, clock, token } = await clocked();
    for (const reading of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53, undefined, null, 'x']) {
      clock.now = reading as number;
      // A careless reader would convert null and text to numbers.
      await assert.rejects(tokens.verify(token), { code: 'clock_unreliable', path: 'now' }, String(reading));
    }
    clock.now = START + 1;
    assert.equal((await tokens.verify(token)).code, 'valid');
  });
});

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

describe('a clock that was wrong', () => {
  test('that was a year ahead makes no session that lasts a year', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const here = await deployment({ store, now: () => clock.now });
    const made = await createToken(here);
    clock.now = START + YEAR;
    await here.verify(made.token);
    clock.now = START + MINUTE + 1;
    await assert.rejects(here.exchange(made.token, { expiresIn: '15m' }), {
      code: 'clock_unreliable',
      message: /the clock reads 2027-.* should be 2028-.* Until both agree within 1m/,
    });
    await assert.rejects(here.create(input(), admin), { code: 'clock_unreliable' });
    await here.revoke(made.id, {}, admin);
    assert.equal((await here.get(made.id, admin)).status, 'revoked');
    // Another process with a correct clock.
    const other = await deployment({ store, now: () => clock.now });
    const { token: good } = await createToken(other);
    const { record } = await other.exchange(good, { expiresIn: '15m' });
    assert.equal(record.expiresAt, clock.now + 15 * MINUTE);
  });

  test('refuses nothing because of its counts, and ends no secret because of its uses', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const kinds = { watched: { title: 'Watched', rotation: { reuse: 'revoke' as const } } };
    const changed = { store, catalog: { ...catalog, kinds } };
    const ahead = await deployment({ ...changed, now: () => clock.now + YEAR });
    const right = await deployment({ ...changed, now: () => clock.now });
    const limits = { requests: { limit: 2, per: '1m' } };
    const { token, id } = await createToken(right, { kind: 'watched', limits });
    const spend = async (tokens: typeof right) =>
      (await tokens.verify(token, undefined, { consume: 1 })).code;
    assert.equal(await spend(ahead), 'valid');
    assert.deepEqual([await spend(right), await spend(right)], ['valid', 'rate_limited']);
    clock.now += MINUTE;
    assert.deepEqual(
      [await spend(right), await spend(right), await spend(right)],
      ['valid', 'valid', 'rate_limited'],
    );

    await right.rotate(id, { grace: '1h' }, admin);
    assert.equal((await ahead.verify(token)).code, 'rotated_out');
    // The same process flushes, but its clock is correct by then. The test is about the time of the
    // read.
    clock.now -= YEAR - 1_000;
    await ahead.flush();
    clock.now += YEAR - 1_000;
    assert.equal((await right.get(id, admin)).status, 'active');
    assert.equal((await right.verify(token)).code, 'valid');
  });
});

describe('the clock of the host', () => {
  /** Sets both clocks, which no option can do: one jumps, the other does not. */
  async function jumping(reported: unknown[], options: Parameters<typeof deployment>[0] = {}) {
    const real = { now: Date.now, steady: performance.now };
    const clock = { wall: START, steady: 1_000 };
    Date.now = () => clock.wall;
    performance.now = () => clock.steady;
    const restore = () => {
      Date.now = real.now;
      performance.now = real.steady;
    };
    const pass = (time: number) => {
      clock.wall += time;
      clock.steady += time;
    };
    try {
      const onError = (error: unknown, { operation }: { operation: string }) => {
        reported.push([operation, error]);
      };
      const tokens = await deployment({ onError, ...options });
      return {
        ...(await createToken(tokens, { expiresAt: START + 10 * MINUTE })),
        tokens,
        clock,
        pass,
        restore,
      };
    } catch (error) {
      restore();
      throw error;
    }
  }

  test('that jumps ahead and is corrected is ignored, and reported to the host', async () => {
    const reported: [string, Error & { code: string }][] = [];
    const { tokens, token, clock, pass, restore } = await jumping(reported);
    try {
      clock.wall += YEAR;
      assert.equal((await tokens.verify(token)).code, 'expired', 'it refuses at once');
      await assert.rejects(tokens.create(input(), admin), { code: 'clock_unreliable' });
      pass(MINUTE - 1);
      assert.equal((await tokens.verify(token)).code, 'expired');
      assert.equal(reported.length, 0);
      clock.wall -= YEAR;
      assert.equal((await tokens.verify(token)).code, 'valid');
      await tokens.create(input(), admin);
      assert.deepEqual(
        reported.map(([operation, { code }]) => [operation, code]),
        [['clock', 'clock_unreliable']],
      );
      assert.match(String(reported[0]?.[1].message), /jumped to 2028-.* reads 2027-.* the jump was ignored/);
    } finally {
      restore();
    }
  });

  test('that jumps ahead admits nothing before its time', async () => {
    const { tokens, clock, restore } = await jumping([], { freshness: '1s', usage: false });
    try {
      const { token: later } = await createToken(tokens, { notBefore: START + 60 * MINUTE });
      const { token: lasting } = await createToken(tokens);
      const hour = (from: number) => new Date(START + from * MINUTE).toISOString().slice(11, 16);
      const times = { from: hour(60), to: hour(120) };
      const { token: windowed } = await createToken(tokens, { conditions: { times } });
      const codes = async (options = {}) => {
        const credentials = [later, windowed, lasting];
        const each = credentials.map((token) => tokens.verify(token, undefined, options));
        const explained = credentials.map((token) => tokens.explain(token));
        const many = await tokens.verifyMany(credentials.map((credential) => ({ credential })));
        const all = [await Promise.all(each), many, await Promise.all(explained)];
        const sync = credentials.map((token) => tokens.verifySync(token));
        return [...all, sync].map((verdicts) => verdicts.map((verdict) => verdict?.code));
      };
      const refused = Array.from({ length: 4 }, () => ['not_yet_valid', 'condition_failed', 'valid']);
      assert.deepEqual(await codes(), refused);
      clock.wall += 90 * MINUTE;
      // From the store, then from the cache.
      for (let turn = 0; turn < 3; turn++) assert.deepEqual(await codes(), refused, `turn ${turn}`);
      assert.deepEqual(await codes({ freshness: 0 }), refused);
    } finally {
      restore();
    }
  });

  test('that jumps ahead during a verification and is corrected hides no revocation', async () => {
    const { tokens, token, id, clock, pass, restore } = await jumping([], { freshness: '1s' });
    try {
      assert.equal((await tokens.verify(token)).code, 'valid');
      pass(2_000);
      clock.wall += 5 * MINUTE;
      const { code, asOf } = await tokens.verify(token);
      assert.deepEqual([code, asOf <= clock.wall - 5 * MINUTE], ['valid', true]);
      clock.wall -= 5 * MINUTE;
      await tokens.revoke(id, {}, admin);
      pass(1_001);
      assert.equal((await tokens.verify(token)).code, 'revoked');
      assert.equal(tokens.verifySync(token)?.code, 'revoked');
    } finally {
      restore();
    }
  });

  test('that jumps ahead during a commit and is corrected drops no valid value', async () => {
    const { tokens, token, id, clock, restore } = await jumping([]);
    try {
      const { token: session } = await tokens.exchange(token, { expiresIn: '5m' });
      clock.wall += YEAR;
      await tokens.disable(id, admin);
      clock.wall -= YEAR;
      await tokens.enable(id, admin);
      assert.equal((await tokens.verify(String(session))).code, 'valid');
    } finally {
      restore();
    }
  });

  test('that jumps ahead during a use and is corrected loosens no limit', async () => {
    const { tokens, clock, restore } = await jumping([]);
    try {
      const limits = { requests: { limit: 2, per: '1d' } };
      const { token } = await createToken(tokens, { limits, expiresAt: START + 2 * YEAR });
      const use = async () => (await tokens.verify(token, undefined, { consume: 1 })).code;
      assert.deepEqual([await use(), await use(), await use()], ['valid', 'valid', 'rate_limited']);
      clock.wall += YEAR;
      assert.equal(await use(), 'rate_limited');
      clock.wall -= YEAR;
      assert.equal(await use(), 'rate_limited');
    } finally {
      restore();
    }
  });

  test('that jumps ahead is trusted after it has held for a minute', async () => {
    const reported: unknown[] = [];
    const { tokens, token, clock, pass, restore } = await jumping(reported);
    try {
      clock.wall += YEAR;
      assert.equal((await tokens.verify(token)).code, 'expired');
      // Another jump restarts the minute.
      pass(MINUTE / 2);
      clock.wall += YEAR;
      assert.equal((await tokens.verify(token)).code, 'expired');
      pass(MINUTE - 1);
      await assert.rejects(tokens.create(input(), admin), { code: 'clock_unreliable' });
      pass(1);
      const { record } = await tokens.create(input({ expiresIn: '15m' }), admin);
      assert.equal(record.expiresAt, clock.wall + 15 * MINUTE);
      clock.wall -= YEAR;
      assert.equal((await tokens.verify(token)).code, 'expired', 'and then it is the mark');
      assert.equal(reported.length, 0);
    } finally {
      restore();
    }
  });

  test('that agrees with the monotonic clock, or differs by less than a minute, is trusted', async () => {
    const reported: unknown[] = [];
    const { tokens, token, clock, pass, restore } = await jumping(reported);
    try {
      pass(9 * MINUTE);
      assert.equal((await tokens.verify(token)).code, 'valid');
      clock.wall += MINUTE;
      assert.equal((await tokens.verify(token)).code, 'expired');
      await tokens.create(input(), admin);
      pass(YEAR);
      await tokens.create(input(), admin);
      assert.equal(reported.length, 0);
    } finally {
      restore();
    }
  });
});

describe('freshness 0', () => {
  test('reads the store at every verification: changes of another deployment count at once', async () => {
    const store = memoryStore();
    const one = await deployment({ store });
    const two = await deployment({ store, freshness: 0 });
    const cached = await deployment({ store, freshness: '5s' });
    const { token, id } = await createToken(one);
    for (const [tokens, options] of [
      [two, {}],
      [two, { freshness: 0 }],
      [cached, { freshness: 0 }],
    ] as const) {
      await one.disable(id, admin);
      assert.equal((await tokens.verify(token, undefined, options)).code, 'disabled');
      await one.enable(id, admin);
      assert.equal((await tokens.verify(token, undefined, options)).code, 'valid');
    }
  });
});
