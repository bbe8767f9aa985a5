/**
 * Cancelled requests: in some runtimes their promises never settle and their code never runs again.
 * Calls that wait for them must continue.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError, type Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from '../support/deployment.js';
import { Request, VirtualTime } from '../support/virtual-time.js';

const LATENCY = 5;
const DEADLINE = 10_000;

/** The work of a request with a limited token. `turn` distinguishes the requests. */
type Work = (tokens: Tokens, token: { id: string; token: string }, turn: number) => Promise<unknown>;

const WORK: Record<string, Work> = {
  revoke: (tokens, { id }) => tokens.revoke(id, {}, admin),
  edit: (tokens, { id }, turn) => tokens.edit(id, { tags: [`turn-${turn}`] }, admin),
  exchange: (tokens, { token }) => tokens.exchange(token, {}),
  use: async (tokens, { token }) => {
    const { code } = await tokens.verify(token, undefined, { consume: 1 });
    assert.equal(code, 'valid');
  },
  flush: async (tokens, { token }) => {
    await tokens.verify(token);
    await tokens.flush();
  },
};

describe('after a request that was cut off', () => {
  for (const [name, work] of Object.entries(WORK)) {
    for (const waiters of [0, 5]) {
      test(`in ${name}${waiters > 0 ? `, and ${waiters} that waited for it` : ''}, the next does the same in time`, async () => {
        // At each of its store calls, and before the first.
        for (let calls = 0; calls < 7; calls++) {
          const time = new VirtualTime();
          const tokens = await deployment({
            store: time.slow(memoryStore(), LATENCY),
            deadline: `${DEADLINE}ms`,
          });
          await time.run(async () => {
            const limits = { credits: { amount: 100 } };
            const made = await Promise.all(
              Array.from({ length: waiters + 2 }, (_, n) => createToken(tokens, { name: `T${n}`, limits })),
            );
            // The uses share the counters of one token; each revocation has its own token.
            const shared = name === 'use' || name === 'exchange';
            const of = (n: number) => made[shared ? 0 : n] as (typeof made)[0];
            const requests = Array.from({ length: waiters + 1 }, (_, n) => {
              const request = new Request();
              time.as(request, () => void work(tokens, of(n), n).catch(() => {}));
              return request;
            });
            await time.pause(calls * LATENCY + 1);
            for (const request of requests) request.isCut = true;
            const began = time.now;
            await work(tokens, of(waiters + 1), waiters + 1);
            // A page of a flush is an operation with its own deadline; other turns last as long as
            // one store call may.
            const lease = name === 'flush' ? DEADLINE : DEADLINE / 2;
            const most = lease + waiters * 250 + 1_500;
            assert.ok(time.now - began <= most, `${time.now - began} ms, cut off in call ${calls}`);
          });
        }
      });
    }
  }

  test('a flush writes what that one had taken and had not written', async () => {
    const time = new VirtualTime();
    const tokens = await deployment({ store: time.slow(memoryStore(), LATENCY) });
    await time.run(async () => {
      const { id, token } = await createToken(tokens);
      await tokens.verify(token);
      const request = new Request();
      time.as(request, () => void tokens.flush());
      await time.pause(1);
      request.isCut = true;
      assert.deepEqual(await tokens.flush(), { flushed: 1, uncounted: 0 });
      assert.equal((await tokens.get(id, admin)).uses, 1);
    });
  });

  test('a use whose commit was in flight is denied, and counted at most once', async () => {
    const time = new VirtualTime();
    const tokens = await deployment({ store: time.slow(memoryStore(), LATENCY) });
    await time.run(async () => {
      const { token } = await createToken(tokens, { limits: { credits: { amount: 10 } } });
      const use = () => tokens.verify(token, undefined, { consume: 1 });
      // The first is counted alone; two more arrive meanwhile and are counted together, by the
      // earlier of the two requests.
      const counted = use();
      const request = new Request();
      time.as(request, () => void use());
      const waiting = use();
      // Two reads each, and two rounds of a read and a commit: the second commit is applied, and
      // its answer is in flight.
      await time.pause(6 * LATENCY - 1);
      request.isCut = true;
      assert.equal((await counted).code, 'valid');
      assert.equal((await waiting).code, 'store_unavailable');
      assert.equal((await use()).remaining, 6);
    });
  });
});

test('a call that gets no turn fails and says that nothing was changed', async () => {
  const time = new VirtualTime();
  const store = memoryStore();
  const patient = await deployment({ store: time.slow(store, LATENCY), deadline: '100s' });
  const { id } = await time.run(() => createToken(patient));
  const slow = time.slow(store, LATENCY);
  let hangs = false;
  const hanging = {
    ...slow,
    commit: (writes: never) => (hangs ? new Promise<boolean>(() => {}) : slow.commit(writes)),
  };
  const [long, short] = [
    await deployment({ store: hanging as never, deadline: '100s' }),
    await deployment({ store: hanging as never, deadline: '1s' }),
  ];
  await time.run(async () => {
    hangs = true;
    void long.edit(id, { tags: ['a'] }, admin).catch(() => {});
    await time.pause(100);
    await assert.rejects(short.edit(id, { tags: ['b'] }, admin), (error) => {
      assert.ok(error instanceof LeastkeyError);
      assert.equal(error.code, 'deadline_exceeded');
      assert.match(error.message, /within 1 s.*nothing was changed/);
      return true;
    });
  });
});
