/** Tokens whose secret the client made: the server sees its digest alone. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { LeastkeyError } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input, PREFIX, stranger } from './support/deployment.js';
import { entriesOf } from './support/entries.js';
import { wrapped } from './support/wrapped.js';

const START = 1_800_000_000_000;
const MINUTE = 60_000;

describe('minting', () => {
  test('gives a credential, its id and the digest of its first 47 characters, and asks no store', async () => {
    const asked = () => {
      throw new Error('the store was asked');
    };
    const tokens = await deployment({ store: { get: asked, list: asked, commit: asked } });
    const { token, id, digest } = tokens.mint();
    assert.match(token, new RegExp(`^${tokens.pattern()}$`));
    const body = token.slice(PREFIX.length + 1);
    assert.equal(body.slice(1, 17), id);
    assert.equal(digest, createHash('sha256').update(body.slice(0, 47)).digest('hex'));
    assert.notEqual(tokens.mint().token, token);
    assert.throws(() => tokens.mint({ name: 'x' } as never), { code: 'invalid_input', path: 'name' });
  });

  test('fails with the generator', async () => {
    const tokens = await deployment({ entropy: () => {} });
    assert.throws(() => tokens.mint(), { code: 'rng_failed' });
  });
});

describe('a create with the id and digest of a client', () => {
  test('makes the token of that credential, which the server never saw', async () => {
    const store = memoryStore();
    const [client, server] = [await deployment(), await deployment({ store })];
    const { token, id, digest } = client.mint();
    const created = await server.create(input({ id, digest }), admin);
    assert.equal(created.token, null);
    assert.equal(created.record.id, id);
    assert.equal((await server.verify(token, 'messages:send')).valid, true);
    assert.equal(JSON.stringify(entriesOf(store)).includes(token.slice(-36, -6)), false);
  });

  test('can be retried; anything else with that id is a conflict that tells nothing', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, id, digest } = tokens.mint();
    const first = await tokens.create(input({ id, digest }), admin);
    assert.deepEqual(await tokens.create(input({ id, digest }), admin), first);
    const before = entriesOf(store);
    const another = { ...stranger, roles: { 'org:acme': 'admin' } };
    for (const [changes, by] of [
      [{ id, digest: tokens.mint().digest }, admin],
      [{ id, digest }, another],
      [{ id, digest: tokens.mint().digest, owner: 'org:other' }, stranger],
    ] as const) {
      await assert.rejects(tokens.create(input(changes), by), (error: LeastkeyError) => {
        assert.equal(error.code, 'conflict');
        return !['org:acme', 'user:ada', 'Nightly', digest].some((told) => error.message.includes(told));
      });
    }
    assert.deepEqual(entriesOf(store), before);
    // Deleted, its id stays used.
    await tokens.delete(id, admin);
    await assert.rejects(tokens.create(input({ id, digest }), admin), { code: 'conflict' });
    assert.equal((await tokens.verify(token)).code, 'unknown');
  });

  test('whose answer was lost makes one token', async () => {
    const inner = memoryStore();
    let lost = 1;
    const store = wrapped(inner, {
      commit(writes) {
        const applied = inner.commit(writes);
        if (lost-- > 0) throw new Error('answer lost');
        return applied;
      },
    });
    const tokens = await deployment({ store });
    const { token, id, digest } = tokens.mint();
    assert.equal((await tokens.create(input({ id, digest }), admin)).record.id, id);
    assert.equal((await tokens.verify(token)).valid, true);
    assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 1);
  });

  const refusals: [
    title: string,
    changes: (minted: { id: string; digest: string }) => Record<string, unknown>,
    path: string,
  ][] = [
    ['an id without a digest', ({ id }) => ({ id }), 'digest'],
    ['a digest without an id', ({ digest }) => ({ digest }), 'id'],
    ['an id that is none', ({ digest }) => ({ id: 'x', digest }), 'id'],
    ['a digest that is none', ({ id }) => ({ id, digest: 'ABC' }), 'digest'],
    ['a digest in upper case', ({ id, digest }) => ({ id, digest: digest.toUpperCase() }), 'digest'],
  ];
  for (const [title, changes, path] of refusals) {
    test(`refuses ${title}`, async () => {
      const tokens = await deployment();
      await assert.rejects(tokens.create(input(changes(tokens.mint())), admin), {
        code: 'invalid_input',
        path,
      });
    });
  }

  test('takes an id that was minted within ten minutes of now, by either clock', async () => {
    for (const [apart, code] of [
      [-10 * MINUTE, undefined],
      [10 * MINUTE, undefined],
      [-10 * MINUTE - 1, 'invalid_input'],
      [10 * MINUTE + 1, 'invalid_input'],
    ] as const) {
      const client = await deployment({ now: () => START + apart });
      const server = await deployment({ now: () => START });
      const { id, digest } = client.mint();
      const created = server.create(input({ id, digest }), admin);
      if (code === undefined) assert.equal((await created).record.id, id);
      else await assert.rejects(created, { code, path: 'id' });
    }
  });
});

test('a retry of any create with its idempotency key makes no second token', async () => {
  const tokens = await deployment();
  const { id, digest } = tokens.mint();
  const wanted = input({ id, digest, idempotencyKey: 'laptop' });
  const first = await tokens.create(wanted, admin);
  assert.deepEqual(await tokens.create(wanted, admin), first);
  await createToken(tokens, { name: 'Another' });
  await assert.rejects(tokens.create(input({ idempotencyKey: 'laptop' }), admin), { code: 'conflict' });
  assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 2);
});
