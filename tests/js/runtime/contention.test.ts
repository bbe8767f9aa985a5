/**
 * Concurrent writers: revocations go first, no call starves, and the error code says what happened.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { describe, test } from 'node:test';
import type { Actor, Store, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, catalog, createToken, deployment, input } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { contest } from '../support/six-processes.js';
import { temporaryFile } from '../support/temporary-file.js';
import { VirtualTime } from '../support/virtual-time.js';
import { wrapped } from '../support/wrapped-store.js';

const root: Actor = { id: 'user:root', roles: { '': 'admin' } };

/** The duration of one store call, in milliseconds of virtual time. */
const LATENCY = 5;

const shardOf = (owner: string) => (createHash('sha256').update(owner).digest()[0] as number) & 15;

/** This number of owners in the same shard of the feed as `org:acme`. */
function neighbors(count: number): string[] {
  const found: string[] = [];
  for (let turn = 0; found.length < count; turn++) {
    const owner = `org:busy${turn}`;
    if (shardOf(owner) === shardOf('org:acme')) found.push(owner);
  }
  return found;
}

/** A store that counts its commits. */
function counted(store: Store) {
  const commits = { tried: 0, applied: 0 };
  const counting = wrapped(store, {
    async commit(writes) {
      commits.tried += 1;
      const applied = await store.commit(writes);
      if (applied) commits.applied += 1;
      return applied;
    },
  });
  return { store: counting, commits };
}

describe('a revocation', () => {
  const owners: [title: string, owners: string[], processes: 1 | 2][] = [
    ['another tenant of its shard', neighbors(1), 1],
    ['twenty tenants of its shard', neighbors(20), 1],
    ['a tenant of its shard in another process', neighbors(1), 2],
    ['twenty tenants of its shard in another process', neighbors(20), 2],
    ['its own owner', ['org:acme'], 1],
    ['its own owner in another process', ['org:acme'], 2],
  ];
  for (const [title, busy, processes] of owners) {
    test(`ends within ten times its time alone beside 1,000 edits a second of ${title}`, async () => {
      for (const seed of [1, 2]) {
        const time = new VirtualTime(seed);
        const inner = memoryStore();
        const here = await deployment({ store: time.slow(inner, LATENCY) });
        const there = processes === 1 ? here : await deployment({ store: time.slow(inner, LATENCY) });
        await time.run(async () => {
          const [first, second] = await Promise.all([1, 2].map((n) => createToken(here, { name: `T${n}` })));
          const edited = await Promise.all(
            Array.from({ length: 20 }, async (_, n) => {
              const owner = busy[n % busy.length] as string;
              return (await here.create(input({ owner, name: `E${n}` }), root)).record.id;
            }),
          );
          const took = async (work: () => Promise<unknown>) => {
            const began = time.now;
            await work();
            return time.now - began;
          };
          const alone = await took(() => here.revoke(first?.id as string, {}, admin));
          const over = new AbortController();
          const { signal } = over;
          // Every call adds a listener to it.
          setMaxListeners(0, signal);
          const refusals: unknown[] = [];
          const edits: Promise<unknown>[] = [];
          const load = (async () => {
            for (let turn = 0; !signal.aborted; turn++) {
              const id = edited[turn % edited.length] as string;
              const edit = there.edit(id, { description: `Turn ${turn}` }, root, { signal });
              edits.push(edit.catch((refusal) => signal.aborted || refusals.push(refusal)));
              await time.pause(1);
            }
          })();
          await time.pause(200);
          const beside = await took(() => here.revoke(second?.id as string, {}, admin));
          over.abort();
          await load;
          await Promise.all(edits);
          assert.deepEqual(refusals, []);
          assert.ok(beside <= 10 * alone, `${beside} ms beside the edits, ${alone} ms alone (seed ${seed})`);
        });
      }
    });
  }

  test('of every kind overtakes operations that give, and so does an edit that narrows', async () => {
    const time = new VirtualTime();
    const kinds = { 'permission-set': { editable: ['permissions', 'name', 'conditions'] } };
    const store = time.slow(memoryStore(), LATENCY);
    const tokens = await deployment({ store, catalog: { ...catalog, kinds } as never });
    await time.run(async () => {
      const made = await Promise.all(
        Array.from({ length: 8 }, (_, n) => createToken(tokens, { name: `T${n}` })),
      );
      const [id = '', ...ids] = made.map((token) => token.id);
      const order: string[] = [];
      const note = (name: string, call: Promise<unknown>) => call.then(() => order.push(name));
      await Promise.all([
        ...Array.from({ length: 5 }, (_, n) => note('edit', tokens.edit(id, { name: `N${n}` }, admin))),
        note('disable', tokens.disable(ids[0] as string, admin)),
        note('revoke', tokens.revoke(ids[1] as string, {}, admin)),
        note('delete', tokens.delete(ids[2] as string, admin)),
        note('narrow', tokens.edit(ids[3] as string, { add: ['messages:status'] }, admin)),
        note('bind', tokens.edit(ids[4] as string, { conditions: { ips: ['10.0.0.0/8'] } }, admin)),
        note('rotate', tokens.rotate(ids[5] as string, { grace: 0 }, admin)),
      ]);
      // At most one edit has had its turn already.
      const ends = order.length - 5;
      const edits = order.slice(0, ends + 1).filter((name) => name === 'edit').length;
      assert.ok(edits <= 1, order.join());
    });
  });
});

describe('uses of one limited token', () => {
  test('when concurrent: all within the limit pass, in a few commits', async () => {
    const time = new VirtualTime();
    const { store, commits } = counted(time.slow(memoryStore(), LATENCY));
    const tokens = await deployment({ store });
    await time.run(async () => {
      const { token } = await createToken(tokens, { limits: { credits: { amount: 400 } } });
      commits.tried = 0;
      const began = time.now;
      const verdicts = await uses(tokens, token, 500);
      assert.deepEqual(tally(verdicts), { valid: 400, usage_exceeded: 100 });
      const remaining = verdicts.flatMap((verdict) => (verdict.valid ? [verdict.remaining] : []));
      assert.deepEqual(
        remaining,
        Array.from({ length: 400 }, (_, n) => 399 - n),
      );
      assert.ok(commits.tried <= 10, `${commits.tried} commits`);
      assert.ok(time.now - began <= 100 * LATENCY, `${time.now - began} ms`);
    });
  });
});

describe('six processes on one SQLite file', () => {
  test('exchange one token 600 times concurrently: all succeed, with at most two commits for each', async () => {
    await onFile(async (path, tokens) => {
      const { token } = await createToken(tokens);
      const { codes, commits } = await contest(path, 'exchange', token, 600);
      assert.deepEqual(codes, { valid: 600 });
      assert.ok(commits <= 1_200, `${commits} commits`);
    });
  });

  test('exchange one token more often than its maximum of sessions: exactly the maximum succeeds', async () => {
    await onFile(async (path, tokens) => {
      const { token } = await createToken(tokens);
      const { codes } = await contest(path, 'exchange', token, 120, 90);
      assert.deepEqual(codes, { valid: 90, too_many_sessions: 30 });
    });
  });

  for (const [amount, passed] of [
    [1_000, { valid: 500 }],
    [400, { valid: 400, usage_exceeded: 100 }],
  ] as const) {
    test(`use one token 500 times concurrently with a limit of ${amount}: exactly the limit passes`, async () => {
      await onFile(async (path, tokens) => {
        const { token } = await createToken(tokens, { limits: { credits: { amount } } });
        const { codes, commits } = await contest(path, 'use', token, 500);
        assert.deepEqual(codes, passed);
        assert.ok(commits <= 1_000, `${commits} commits`);
        const { remaining } = await tokens.verify(token, undefined, { consume: 1 });
        assert.equal(remaining, amount === 1_000 ? 499 : undefined, 'each was counted once');
      });
    });
  }
});

test('uses of one limited token in processes that are killed: acknowledged ≤ counted ≤ acknowledged + unknown', async () => {
  await onFile(async (path, tokens) => {
    const amount = 2_000;
    const { token } = await createToken(tokens, { limits: { credits: { amount } } });
    const counts = { begun: 0, valid: 0 };
    for (let kill = 0; kill < 12; kill++) {
      await Promise.all(
        [1, 2].map(async (process) => {
          const child = start('use-until-killed', path, token);
          let left = 20 * process + 7 * kill;
          for await (const line of lines(child)) {
            counts[line as keyof typeof counts] += 1;
            left -= 1;
            if (left === 0) child.kill('SIGKILL');
          }
          assert.equal(await ending(child), 'SIGKILL');
        }),
      );
    }
    const { remaining = Number.NaN } = await tokens.verify(token, undefined, { consume: 1 });
    const counted = amount - 1 - remaining;
    assert.ok(counts.valid <= counted, `${counts.valid} acknowledged, ${counted} counted`);
    assert.ok(counted <= counts.begun, `${counted} counted, ${counts.begun} begun`);
    assert.deepEqual(Object.keys(counts), ['begun', 'valid'], 'contention is no refusal');
  });
});

async function onFile(work: (path: string, tokens: Tokens) => Promise<void>): Promise<void> {
  const file = temporaryFile();
  try {
    const store = sqliteStore({ path: file.path });
    await work(file.path, await deployment({ store }));
    store.close();
  } finally {
    file.remove();
  }
}

async function uses(tokens: Tokens, token: string, count: number) {
  return Promise.all(
    Array.from({ length: count }, () => tokens.verify(token, 'messages:send', { consume: 1 })),
  );
}

function tally(items: readonly { code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of items) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
