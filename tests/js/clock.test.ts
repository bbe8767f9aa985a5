/** P4: a token is valid only while now is before its end; a clock that goes back, or is none, revives nothing. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from './support/deployment.js';
import { instanceInUse, trapNext } from './support/glue.js';

const START = 1_800_000_000_000;

async function clocked() {
  const clock = { now: START };
  const tokens = await deployment({ now: () => clock.now });
  return { tokens, clock, ...(await createToken(tokens, { expiresAt: START + 1_000 })) };
}

describe('a clock', () => {
  test('that goes back, by however much, revives no token', async () => {
    const { tokens, clock, token } = await clocked();
    assert.equal((await tokens.verify(token)).code, 'valid');
    clock.now = START + 1_000;
    assert.equal((await tokens.verify(token)).code, 'expired');
    for (clock.now of [START + 999, START, 0, START + 500]) {
      const { code, asOf } = await tokens.verify(token);
      assert.deepEqual([code, asOf], ['expired', START + 1_000]);
    }
  });

  test('that went back while nobody looked, or before a trap, revives none either', async () => {
    const { tokens, clock, token } = await clocked();
    clock.now = START + 1_000;
    assert.equal(tokens.mint().token.length > 0, true, 'any look at the clock counts');
    clock.now = START;
    assert.equal((await tokens.verify(token)).code, 'expired');
    const instance = instanceInUse();
    trapNext('verify');
    await assert.rejects(tokens.verify(token), { code: 'internal' });
    assert.equal((await tokens.verify(token)).code, 'expired');
    assert.notEqual(instanceInUse(), instance);
  });

  test('that goes back ends no grace later, and lets no credits come back twice', async () => {
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

  test('that is none is an error, never a yes', async () => {
    const { tokens, clock, token } = await clocked();
    for (const reading of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53, undefined, null, 'x']) {
      clock.now = reading as number;
      // null and text would be numbers to a careless reader.
      await assert.rejects(tokens.verify(token), { code: 'clock_unreliable', path: 'now' }, String(reading));
    }
    clock.now = START + 1;
    assert.equal((await tokens.verify(token)).code, 'valid');
  });
});

describe('freshness 0', () => {
  test('reads the store at every verification: what another deployment did counts at once', async () => {
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
