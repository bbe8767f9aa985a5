/**
 * `revokeAll` as a job: any process can continue it, each page is done once, and processes do not
 * block each other.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor, Job, Store, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, deployment, input, stranger } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const START = 1_800_000_000_000;
const owner = { owner: 'org:acme' };

async function site(count: number, wrap: (store: Store) => Store = (store) => store) {
  const clock = { now: START };
  const now = () => clock.now;
  const inner = memoryStore({ now });
  const store = wrap(inner);
  const one = await deployment({ store: inner, now });
  for (let at = 0; at < count; at++) await one.create(input({ name: `Token ${at}` }), admin);
  return { clock, one: await deployment({ store, now }), other: await deployment({ store, now }), inner };
}

/** Runs one page of a job. */
async function onePage(tokens: Tokens, id: string, actor: Actor = admin): Promise<Job> {
  const abort = new AbortController();
  return tokens.jobs.advance(id, actor, { signal: abort.signal, onProgress: () => abort.abort() });
}

const living = async (tokens: Tokens) =>
  (await tokens.list({ ...owner, status: 'active', limit: 200 }, admin)).items.length;

test('a job ends the same tokens as revokeAll, and reports its progress', async () => {
  const { one } = await site(40);
  const started = await one.jobs.start(owner, { reason: 'leak' }, admin);
  assert.deepEqual([started.complete, started.pages, started.revoked], [false, 0, 0]);
  assert.equal(await living(one), 40, 'nothing is ended yet');
  const seen: number[] = [];
  const done = await one.jobs.advance(started.id, admin, { onProgress: ({ revoked }) => seen.push(revoked) });
  assert.deepEqual(
    [done.complete, done.revoked, done.scanned, done.already, done.notAllowed, done.unreadable],
    [true, 40, 40, 0, [], []],
  );
  assert.ok(seen.length > 2 && seen.every((count, at) => at === 0 || count >= (seen[at - 1] as number)));
  assert.deepEqual(await one.jobs.get(done.id, admin), done);
  assert.equal(await living(one), 0);
});

test('another process continues a job whose process has died, and not before', async () => {
  const { clock, one, other } = await site(40);
  const { id } = await one.jobs.start(owner, {}, admin);
  const first = await onePage(one, id);
  assert.ok(first.revoked > 0 && !first.complete);
  const early = await other.jobs.advance(id, admin);
  assert.deepEqual([early.pages, early.complete], [first.pages, false], 'it is the turn of the first');
  clock.now += 5_000;
  const done = await other.jobs.advance(id, admin);
  assert.deepEqual([done.complete, done.revoked], [true, 40]);
  assert.deepEqual(await one.jobs.advance(id, admin), done, 'the first finds that it is done');
});

test('each page is done once, by whatever process', async () => {
  const { clock, one, other } = await site(60);
  const { id } = await one.jobs.start(owner, {}, admin);
  await onePage(one, id);
  clock.now += 5_000;
  // Both believe that they hold the lease.
  await Promise.all([one.jobs.advance(id, admin), other.jobs.advance(id, admin)]);
  clock.now += 5_000;
  const done = await one.jobs.advance(id, admin);
  assert.deepEqual([done.complete, done.revoked, done.scanned, done.already], [true, 60, 60, 0]);
});

test('a page whose answer was lost is done once, and the next one has its own idempotency record', async () => {
  let commits = 0;
  const losing = (inner: Store) =>
    wrapped(inner, {
      async commit(writes) {
        const applied = await inner.commit(writes);
        commits += 1;
        if (commits % 2 === 1) throw new Error('lost');
        return applied;
      },
    });
  const { one, inner } = await site(40, losing);
  const { id } = await one.jobs.start(owner, {}, admin);
  const done = await one.jobs.advance(id, admin);
  assert.deepEqual([done.complete, done.revoked, done.scanned, done.already], [true, 40, 40, 0]);
  const markers = inner
    .list({ prefix: 'op/', limit: 1_000 })
    .filter(({ value }) => JSON.parse(value).operation === 'advanceJob');
  assert.equal(markers.length, done.pages);
});

test('its starter continues a job, others who manage its owner can read it, and it does not exist for others', async () => {
  const { one, clock } = await site(1);
  const { id } = await one.jobs.start(owner, {}, admin);
  clock.now += 60_000;
  const root: Actor = { id: 'user:root', roles: { '': 'admin' } };
  assert.equal((await one.jobs.get(id, root)).startedBy, 'user:ada');
  await assert.rejects(one.jobs.advance(id, root), { code: 'forbidden' });
  await assert.rejects(one.jobs.get(id, stranger), { code: 'not_found' });
  await assert.rejects(one.jobs.advance(id, stranger), { code: 'not_found' });
  await assert.rejects(one.jobs.start(owner, {}, stranger), { code: 'forbidden' });
  await assert.rejects(one.jobs.start({}, {}, admin), { code: 'invalid_input', path: 'owner' });
  await assert.rejects(one.jobs.start(owner, { dryRun: true } as never, admin), { code: 'invalid_input' });
  await assert.rejects(one.jobs.get('nonsense', admin), { code: 'invalid_input', path: 'id' });
});

test('a job with a damaged record is reported as damaged', async () => {
  const { one, inner } = await site(1);
  const { id } = await one.jobs.start(owner, {}, admin);
  await inner.commit([{ key: `job/${id}`, value: '{}' }]);
  await assert.rejects(one.jobs.get(id, admin), { code: 'store_unavailable' });
  await assert.rejects(one.jobs.advance(id, admin), { code: 'store_unavailable' });
});
