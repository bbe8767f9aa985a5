/** Moving a store: nothing that was acknowledged is lost, and the source is out of use. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError, type Store, type SyncStore, type Tokens, type Write } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { copyStore, undoMove } from 'leastkey/stores/copy';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const KEY = '5e'.repeat(32);

/** The change feed is not copied, and the marks differ. */
const contentOf = (store: SyncStore) =>
  store.list({ prefix: '', limit: 1_000 }).filter(({ key }) => !/^(?:feed|copy|meta)\//.test(key));

/** A deployment with tokens of each state, and their credentials. */
async function used(tokens: Tokens) {
  const kept = await createToken(tokens, { name: 'Kept' });
  const revoked = await createToken(tokens, { name: 'Revoked' });
  const deleted = await createToken(tokens, { name: 'Deleted' });
  await tokens.revoke(revoked.id, {}, admin);
  await tokens.delete(deleted.id, admin);
  const { token: session } = await tokens.exchange(kept.token, {});
  return { kept, revoked, deleted, session: session as string };
}

describe('a store that is copied', () => {
  for (const [title, options] of [
    ['plain', {}],
    ['with a record key', { recordKey: KEY }],
    ['with 32 shards', { shards: 32 }],
  ] as const) {
    test(`has everything in the target, and refuses with words (${title})`, async () => {
      const [from, to] = [memoryStore(), memoryStore()];
      const source = await deployment({ store: from, ...options });
      const { kept, revoked, deleted, session } = await used(source);
      const before = contentOf(from);
      const report = await copyStore(from, to, { wait: 0 });
      assert.deepEqual(contentOf(to), before);
      assert.equal(report.keys, before.length);

      const target = await deployment({ store: to, ...options });
      for (const [token, code] of [
        [kept.token, 'valid'],
        [session, 'valid'],
        [revoked.token, 'revoked'],
        [deleted.token, 'unknown'],
      ] as const)
        assert.equal((await target.verify(token)).code, code);
      await target.revoke(kept.id, {}, admin);
      assert.equal((await target.verify(session)).valid, false);
      assert.equal((await target.verifyAudit('org:acme')).intact, true);

      const moved = { code: 'store_unavailable', message: /was moved to another store/ };
      const fresh = await deployment({ store: from, ...options });
      for (const tokens of [source, fresh]) {
        assert.equal((await tokens.verify(kept.token)).code, 'store_unavailable');
        await assert.rejects(tokens.revoke(kept.id, {}, admin), moved);
        await assert.rejects(createToken(tokens), moved);
        await assert.rejects(tokens.get(kept.id, admin), moved);
      }
    });
  }

  test('is refused by a verifier with a cache once its freshness window is over, and says why', async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const tokens = await deployment({ store: from });
    const { token } = await createToken(tokens);
    let now = Date.now();
    const errors: unknown[] = [];
    const verifier = await createVerifier({
      catalog,
      store: from,
      prefix: PREFIX,
      freshness: '5s',
      now: () => now,
      onError: (error) => {
        errors.push(error);
      },
    });
    assert.equal((await verifier.verify(token)).code, 'valid');
    await copyStore(from, to, { wait: 0 });
    now += 5_001;
    assert.equal((await verifier.verify(token)).code, 'store_unavailable');
    assert.ok(errors.some((error) => error instanceof LeastkeyError && /was moved/.test(error.message)));
  });

  test('loses nothing that is acknowledged while it is copied', async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const slow = wrapped(from, {
      async commit(writes) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
        return from.commit(writes);
      },
    });
    const deployments = await Promise.all(
      Array.from({ length: 8 }, () => deployment({ store: slow, deadline: '1s' })),
    );
    const acknowledged = { created: [] as string[], revoked: [] as string[] };
    let copied = false;
    const writers = deployments.map(async (tokens, writer) => {
      for (let turn = 0; !copied; turn++) {
        // A refusal takes no time, and would leave the copy no turn.
        await new Promise(setImmediate);
        const name = `${writer}.${turn}`;
        const one = await createToken(tokens, { name }).catch(() => undefined);
        if (one === undefined) continue;
        acknowledged.created.push(one.token);
        const end = await tokens.revoke(one.id, {}, admin).catch(() => undefined);
        if (end !== undefined) acknowledged.revoked.push(one.token);
      }
    });
    while (acknowledged.revoked.length < 20) await new Promise((resolve) => setTimeout(resolve, 10));
    await copyStore(from, to, { wait: 2_500 });
    copied = true;
    await Promise.all(writers);
    const target = await deployment({ store: to });
    assert.ok(acknowledged.revoked.length >= 20, 'the writers were at work');
    for (const token of acknowledged.created) assert.notEqual((await target.verify(token)).code, 'unknown');
    for (const token of acknowledged.revoked) assert.equal((await target.verify(token)).code, 'revoked');
  });

  test('is copied on after an interruption, and until then nothing uses the target', async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const tokens = await deployment({ store: from });
    for (let index = 0; index < 30; index++) await createToken(tokens, { name: `T${index}` });
    const { token } = await createToken(tokens);
    let commits = 0;
    const broken = wrapped(to, {
      commit(writes) {
        if (++commits === 4) throw new Error('connection closed');
        return to.commit(writes);
      },
    });
    await assert.rejects(copyStore(from, broken, { wait: 0 }), /connection closed/);
    const early = await deployment({ store: to });
    assert.equal((await early.verify(token)).code, 'store_unavailable');
    await assert.rejects(createToken(early), { message: /a move into it is not finished/ });
    const { written } = await copyStore(from, to, { wait: 0 });
    assert.ok(written > 0 && written < contentOf(from).length, 'what was there is not written again');
    assert.deepEqual(contentOf(to), contentOf(from));
    assert.equal((await (await deployment({ store: to })).verify(token)).code, 'valid');
  });

  test('goes into an empty store only, and nothing is written into another', async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await createToken(await deployment({ store: from }));
    await createToken(await deployment({ store: to }));
    const before = [from, to].map((store) => store.list({ prefix: '', limit: 1_000 }));
    await assert.rejects(copyStore(from, to, { wait: 0 }), {
      code: 'conflict',
      message: /target is not empty/,
    });
    await assert.rejects(copyStore(memoryStore(), memoryStore()), {
      code: 'conflict',
      message: /never used/,
    });
    assert.deepEqual(
      [from, to].map((store) => store.list({ prefix: '', limit: 1_000 })),
      before,
    );
  });

  test('can be used again after undoMove', async () => {
    const from = memoryStore();
    const tokens = await deployment({ store: from });
    const { token, id } = await createToken(tokens);
    await assert.rejects(undoMove(from), { code: 'conflict' });
    await copyStore(from, memoryStore(), { wait: 0 });
    await undoMove(from);
    assert.equal((await tokens.verify(token)).code, 'valid');
    await tokens.revoke(id, {}, admin);
    assert.equal((await tokens.verify(token)).code, 'revoked');
  });

  test('gives what expires an expiry that is not early', async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const now = Date.now();
    const { kept } = await used(await deployment({ store: from }));
    const written: Write[] = [];
    const watched: Store = wrapped(to, {
      commit(writes) {
        written.push(...writes);
        return to.commit(writes);
      },
    });
    await copyStore(from, watched, { wait: 0, now: () => now });
    const expiryOf = (prefix: string) =>
      written.filter(({ key }) => key.startsWith(prefix)).map(({ expiresAt }) => expiresAt);
    assert.ok(expiryOf('op/').every((end) => end === now + 86_400_000));
    const tokens = written.filter(({ key }) => key.startsWith('token/'));
    const sessions = tokens.filter(({ value }) => value?.includes('"parents"'));
    assert.equal(sessions.length, 1);
    // An hour of life, and a day.
    assert.ok((sessions[0]?.expiresAt ?? 0) > now + 86_400_000);
    assert.equal(tokens.find(({ key }) => key === `token/${kept.id}`)?.expiresAt, undefined);
  });
});
