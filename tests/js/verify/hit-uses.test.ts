/** Each cache hit is a use of its token, however the cache has moved its tokens meanwhile. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Requirement, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from '../support/deployment.js';
import { trapNext } from '../support/wasm-glue.js';

const START = 1_800_000_000_000;

/** A deployment with a cache, and what is stored of a token's use. */
async function caching(changes = {}) {
  const clock = { now: START };
  const tokens = await deployment({ freshness: '1h', now: () => clock.now, ...changes });
  return { tokens, clock };
}

const usesOf = async (tokens: Tokens, id: string) => (await tokens.get(id, admin)).uses ?? 0;

async function verifyTimes(tokens: Tokens, token: string, times: number, requirement?: Requirement) {
  for (let time = 0; time < times; time++)
    assert.equal((await tokens.verify(token, requirement)).code, 'valid');
}

describe('the hits of a token', () => {
  test('all count, before a flush, after it and during it', async () => {
    const { tokens, clock } = await caching();
    const { token, id } = await createToken(tokens);
    await verifyTimes(tokens, token, 5);
    await tokens.flush();
    assert.equal(await usesOf(tokens, id), 5);
    const flushed = tokens.flush();
    clock.now += 7;
    await verifyTimes(tokens, token, 3);
    await flushed;
    for (let call = 0; call < 4; call++) assert.equal(tokens.verifySync(token)?.code, 'valid');
    await tokens.verifyMany(Array.from({ length: 6 }, () => ({ credential: token })));
    await tokens.flush();
    const { uses, lastUsedAt } = await tokens.get(id, admin);
    assert.deepEqual({ uses, lastUsedAt }, { uses: 18, lastUsedAt: START + 7 });
  });

  test('count for it and not for the token that had its place in the cache', async () => {
    const { tokens } = await caching({ capacity: 1 });
    const made = [await createToken(tokens), await createToken(tokens, { name: 'Other' })];
    for (let round = 0; round < 3; round++)
      for (const [at, { token }] of made.entries()) await verifyTimes(tokens, token, at + 2);
    await tokens.flush();
    assert.deepEqual(await Promise.all(made.map(({ id }) => usesOf(tokens, id))), [6, 9]);
  });

  test('count after the core has restarted, with those from before', async () => {
    const { tokens } = await caching();
    const { token, id } = await createToken(tokens);
    const other = await createToken(tokens, { name: 'Other' });
    await verifyTimes(tokens, token, 4);
    trapNext('begin');
    await assert.rejects(tokens.verify(other.token), { code: 'internal' });
    await verifyTimes(tokens, token, 3);
    await tokens.flush();
    assert.equal(await usesOf(tokens, id), 7);
  });

  test('tell of each requirement, in whatever form it is asked', async () => {
    const { tokens, clock } = await caching();
    const { token, id } = await createToken(tokens, { add: ['messages:export', 'branch:read'] });
    const list = ['messages:send', 'messages:status'];
    const asked: Requirement[] = [
      'messages:send',
      list,
      { permission: 'messages:export' },
      ['branch:read'],
      Object.freeze(['messages:status', 'branch:read']),
    ];
    for (let round = 0; round < 3; round++) {
      clock.now += 1;
      for (const requirement of asked) await verifyTimes(tokens, token, 2, requirement);
    }
    // The caller's own list, changed: what it asked before stays recorded, and the next is another.
    list[1] = 'messages:export';
    clock.now += 1;
    await verifyTimes(tokens, token, 2, list);
    await tokens.flush();
    const { uses, permissionUse } = await tokens.get(id, admin);
    const last = START + 4;
    assert.equal(uses, 32);
    assert.deepEqual(permissionUse, {
      since: START,
      lastUsedAt: {
        'branch:read': last,
        'messages:export': last,
        'messages:send': last,
        'messages:status': last,
      },
    });
  });

  test('without a requirement take back what is known of all others', async () => {
    const { tokens, clock } = await caching();
    const { token, id } = await createToken(tokens);
    await verifyTimes(tokens, token, 3, 'messages:send');
    clock.now += 5;
    await verifyTimes(tokens, token, 2);
    await tokens.flush();
    assert.equal((await tokens.get(id, admin)).permissionUse?.since, START + 5);
  });

  test('keep an idle token alive before they are flushed', async () => {
    const { tokens, clock } = await caching();
    const { token } = await createToken(tokens, { idleAfter: '30m' });
    for (let time = 0; time < 6; time++) {
      await verifyTimes(tokens, token, 2);
      clock.now += 29 * 60_000;
    }
    clock.now += 60_000;
    assert.equal((await tokens.verify(token)).code, 'idle_expired');
  });

  test('count after more tokens were used than the uses are kept of', async () => {
    const { tokens, clock } = await caching({ capacity: 20_000, store: memoryStore() });
    const first = await createToken(tokens);
    await verifyTimes(tokens, first.token, 3);
    clock.now += 1;
    for (let at = 0; at < 10_000; at++)
      await verifyTimes(tokens, (await createToken(tokens, { name: `T${at}` })).token, 1);
    await verifyTimes(tokens, first.token, 2);
    const { uncounted } = await tokens.flush();
    assert.equal(await usesOf(tokens, first.id), 2);
    // The first token's earlier uses, and the use that made room for its later ones.
    assert.equal(uncounted, 3 + 1);
  });
});
