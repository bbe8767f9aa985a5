/** Tokens whose secret the client made: the server receives only the digest. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { LeastkeyError, Minted } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input, PREFIX, stranger } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { wrapped } from '../support/wrapped-store.js';

const START = 1_800_000_000_000;
const MINUTE = 60_000;

describe('minting', () => {
  test('gives a credential, its id and the digest of its first 47 characters and its prefix, without a store', async () => {
    const asked = () => {
      throw new Error('the store was asked');
    };
    const tokens = await deployment({ store: { get: asked, list: asked, commit: asked } });
    const { token, id, digest, scheme } = tokens.mint();
    assert.equal(scheme, 'credential-2');
    assert.match(token, new RegExp(`^${tokens.pattern()}$`));
    const body = token.slice(PREFIX.length + 1);
    assert.equal(body.slice(1, 17), id);
    const sha256 = (text: string) => createHash('sha256').update(text);
    const bound = sha256(PREFIX).digest().subarray(0, 8);
    assert.equal(digest, sha256(body.slice(0, 47)).update(bound).digest('hex'));
    assert.notEqual(tokens.mint().token, token);
    assert.throws(() => tokens.mint({ name: 'x' } as never), { code: 'invalid_input', path: 'name' });
  });

  test('fails with the generator', async () => {
    const tokens = await deployment({ entropy: () => {} });
    assert.throws(() => tokens.mint(), { code: 'rng_failed' });
  });
});

describe('a create with an id and a digest of the client', () => {
  test('makes the token of a credential that the server never saw', async () => {
    const store = memoryStore();
    const [client, server] = [await deployment(), await deployment({ store })];
    const { token, ...minted } = client.mint();
    const { id } = minted;
    const created = await server.create(input(minted), admin);
    assert.equal(created.token, null);
    assert.equal(created.record.id, id);
    assert.equal((await server.verify(token, 'messages:send')).valid, true);
    assert.equal(JSON.stringify(entriesOf(store)).includes(token.slice(-36, -6)), false);
  });

  test('can be retried; anything else with that id is a conflict that reveals nothing', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, ...minted } = tokens.mint();
    const { id, digest, scheme } = minted;
    const first = await tokens.create(input(minted), admin);
    assert.deepEqual(await tokens.create(input(minted), admin), first);
    const before = entriesOf(store);
    const another = { ...stranger, roles: { 'org:acme': 'admin' } };
    for (const [changes, by] of [
      [{ id, scheme, digest: tokens.mint().digest }, admin],
      [minted, another],
      [{ id, scheme, digest: tokens.mint().digest, owner: 'org:other' }, stranger],
    ] as const) {
      await assert.rejects(tokens.create(input(changes), by), (error: LeastkeyError) => {
        assert.equal(error.code, 'conflict');
        return !['org:acme', 'user:ada', 'Nightly', digest].some((text) => error.message.includes(text));
      });
    }
    assert.deepEqual(entriesOf(store), before);
    // Deleted, its id stays used.
    await tokens.delete(id, admin);
    await assert.rejects(tokens.create(input(minted), admin), { code: 'conflict' });
    assert.equal((await tokens.verify(token)).code, 'unknown');
  });

  test('makes one token when its answer was lost', async () => {
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
    const { token, ...minted } = tokens.mint();
    assert.equal((await tokens.create(input(minted), admin)).record.id, minted.id);
    assert.equal((await tokens.verify(token)).valid, true);
    assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 1);
  });

  const refusals: [
    title: string,
    changes: (minted: Omit<Minted, 'token'>) => Record<string, unknown>,
    path: string,
  ][] = [
    ['an id without a digest', ({ id }) => ({ id }), 'digest'],
    ['a digest without an id', ({ digest, scheme }) => ({ digest, scheme }), 'id'],
    ['a digest without its scheme', ({ id, digest }) => ({ id, digest }), 'scheme'],
    ['a scheme without a digest', ({ id, scheme }) => ({ id, scheme }), 'digest'],
    ['an id that is none', (minted) => ({ ...minted, id: 'x' }), 'id'],
    ['a digest that is none', (minted) => ({ ...minted, digest: 'ABC' }), 'digest'],
    ['a digest in upper case', (minted) => ({ ...minted, digest: minted.digest.toUpperCase() }), 'digest'],
    ['the scheme of another version', (minted) => ({ ...minted, scheme: 'credential-1' }), 'scheme'],
  ];
  for (const [title, changes, path] of refusals) {
    test(`refuses ${title}`, async () => {
      const tokens = await deployment();
      const { token: _, ...minted } = tokens.mint();
      await assert.rejects(tokens.create(input(changes(minted)), admin), {
        code: 'invalid_input',
        path,
      });
    });
  }

  test('accepts an id that was minted within ten minutes of now, by either clock', async () => {
    for (const [apart, code] of [
      [-10 * MINUTE, undefined],
      [10 * MINUTE, undefined],
      [-10 * MINUTE - 1, 'invalid_input'],
      [10 * MINUTE + 1, 'invalid_input'],
    ] as const) {
      const client = await deployment({ now: () => START + apart });
      const server = await deployment({ now: () => START });
      const { token: _, ...minted } = client.mint();
      const created = server.create(input(minted), admin);
      if (code === undefined) assert.equal((await created).record.id, minted.id);
      else await assert.rejects(created, { code, path: 'id' });
    }
  });
});

test('a retry of any create with its idempotency key makes no second token', async () => {
  const tokens = await deployment();
  const { token: _, ...minted } = tokens.mint();
  const wanted = input({ ...minted, idempotencyKey: 'laptop' });
  const first = await tokens.create(wanted, admin);
  assert.deepEqual(await tokens.create(wanted, admin), first);
  await createToken(tokens, { name: 'Another' });
  await assert.rejects(tokens.create(input({ idempotencyKey: 'laptop' }), admin), { code: 'conflict' });
  assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 2);
});
