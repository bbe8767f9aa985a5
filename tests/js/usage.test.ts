/** What is noted of the use of tokens, and what a flush makes of it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from './support/deployment.js';
import { entriesOf } from './support/entries.js';
import { wrapped } from './support/wrapped.js';

const START = 1_800_000_000_000;

describe('the use of a token', () => {
  test('is in get and list once it is flushed; a verification writes nothing, and the record never changes', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const tokens = await deployment({ store, now: () => clock.now });
    const { token, id, record } = await createToken(tokens);
    const before = entriesOf(store);
    for (clock.now of [START + 1, START + 5]) assert.equal((await tokens.verify(token)).valid, true);
    // What is refused is no use.
    assert.equal((await tokens.verify(token, 'branch:read')).valid, false);
    assert.deepEqual(entriesOf(store), before);
    assert.deepEqual(await tokens.get(id, admin), record);
    assert.deepEqual(await tokens.flush(), { flushed: 1, uncounted: 0 });
    const used = { ...record, lastUsedAt: START + 5, uses: 2 };
    assert.deepEqual(await tokens.get(id, admin), used);
    assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, [used]);
    const kept = entriesOf(store).filter(({ key }) => before.some((entry) => entry.key === key));
    assert.deepEqual(kept, before);
    assert.deepEqual(await tokens.flush(), { flushed: 0, uncounted: 0 });
  });

  test('of several instances is added up, whoever flushes first', async () => {
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

  test('of more tokens than one commit takes is flushed page by page', async () => {
    const tokens = await deployment();
    const made = [];
    for (let at = 0; at < 45; at++) made.push(await createToken(tokens, { name: `T${at}` }));
    for (const { token } of made) await tokens.verify(token);
    assert.deepEqual(await tokens.flush(), { flushed: 45, uncounted: 0 });
    for (const { id } of made) assert.equal((await tokens.get(id, admin)).uses, 1);
  });

  test('is not noted where that was switched off', async () => {
    const tokens = await deployment({ usage: false });
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    assert.deepEqual(await tokens.flush(), { flushed: 0, uncounted: 0 });
    assert.equal((await tokens.get(id, admin)).uses, undefined);
  });

  test('of a token that was deleted meanwhile leaves nothing behind', async () => {
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

describe('a flush', () => {
  const failures = {
    'that the store refuses': () => Promise.reject(new Error('down')),
    'that loses every turn': () => false,
  };
  for (const [title, fail] of Object.entries(failures)) {
    test(`${title} loses nothing`, async () => {
      const inner = memoryStore();
      let failing = false;
      const store = wrapped(inner, { commit: (writes) => (failing ? fail() : inner.commit(writes)) });
      const tokens = await deployment({ store, deadline: 1_000 });
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

  test('beside another one: every use once', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    await tokens.verify(token);
    const first = tokens.flush();
    await tokens.verify(token);
    await Promise.all([first, tokens.flush(), tokens.flush()]);
    assert.equal((await tokens.get(id, admin)).uses, 2);
  });

  test('keeps a revoked token revoked: the use of a token never undoes what was done to it', async () => {
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
  test('is refused after its time without use, and lives on where its use is flushed', async () => {
    const clock = { now: START };
    const tokens = await deployment({ now: () => clock.now });
    const used = await createToken(tokens, { name: 'Used', idleAfter: '1h' });
    const idle = await createToken(tokens, { name: 'Idle', idleAfter: '1h' });
    assert.equal(used.record.idleAfter, 3_600_000);
    clock.now += 3_000_000;
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    await tokens.flush();
    clock.now = START + 3_599_999;
    assert.equal((await tokens.verify(idle.token)).code, 'valid');
    clock.now += 1;
    const verdict = await tokens.verify(idle.token);
    assert.deepEqual([verdict.code, verdict.status, verdict.error], ['idle_expired', 401, 'invalid_token']);
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    // Disabled and enabled, it begins anew.
    await tokens.disable(idle.id, admin);
    await tokens.enable(idle.id, admin);
    assert.equal((await tokens.verify(idle.token)).code, 'valid');
  });
});
