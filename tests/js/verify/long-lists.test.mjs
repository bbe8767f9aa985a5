/**
 * Tokens with thousands of permissions, through both packages: their ids are written out only when
 * they are asked for, and a verification reads each vocabulary once.
 */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { actionsOf, iamCatalog } from '../support/iam-catalog.mjs';

const PREFIX = 'acme_test';
const root = { id: 'root', roles: { '': 'admin' } };

let catalog;
/** All permissions; those that a token does not get; those that it gets. */
let all;
let left;
let held;

before(async () => {
  catalog = { ...(await iamCatalog()), templates: { all: { title: 'All', permissions: ['**'] } } };
  all = actionsOf(catalog).flatMap(([service, actions]) => actions.map((action) => `${service}:${action}`));
  all.sort();
  left = all.filter((_, at) => at % 11 === 3);
  held = all.filter((_, at) => at % 11 !== 3);
});

const input = () => ({
  kind: 'permission-set',
  name: 'Everything',
  owner: 'org:acme',
  templates: ['all'],
  remove: left,
});

/** A memory store that notes the keys of each `get`. */
function notedStore() {
  const memory = memoryStore();
  const gets = [];
  const store = {
    get(keys) {
      gets.push(keys);
      return memory.get(keys);
    },
    list: (range) => memory.list(range),
    commit: (writes) => memory.commit(writes),
  };
  return { gets, store };
}

async function deployment(store, options = {}) {
  return createTokens({ catalog, store, prefix: PREFIX, freshness: '5s', ...options });
}

test('a verification decides by the exact permissions, from the store and from the cache', async () => {
  const { store } = notedStore();
  const tokens = await deployment(store);
  const { token, record } = await tokens.create(input(), root);
  assert.deepEqual(record.permissions, held);
  for (const verifier of [
    tokens,
    await deployment(store, { freshness: 0 }),
    await createVerifier({ catalog, store, prefix: PREFIX, freshness: '5s' }),
  ]) {
    for (let call = 0; call < 3; call++) {
      assert.equal((await verifier.verify(token, held[1_234])).code, 'valid');
      const refused = await verifier.verify(token, left[77]);
      assert.deepEqual([refused.code, refused.missing], ['insufficient_permission', [left[77]]]);
    }
    const verdict = await verifier.verify(token);
    assert.deepEqual(verdict.token.permissions, held);
    assert.deepEqual(JSON.parse(JSON.stringify(verdict.token)).permissions, held);
    assert.ok(Object.isFrozen(verdict.token.permissions));
  }
});

test('a vocabulary is read once, whatever tokens refer to it', async () => {
  const { store, gets } = notedStore();
  const tokens = await deployment(store);
  const made = [];
  for (let count = 0; count < 3; count++) made.push((await tokens.create(input(), root)).token);
  const verifier = await deployment(store, { freshness: 0 });
  gets.length = 0;
  for (const token of [...made, ...made]) assert.equal((await verifier.verify(token, held[0])).code, 'valid');
  const read = gets.flat().filter((key) => key.startsWith('vocab/'));
  assert.ok(read.length > 5);
  assert.equal(new Set(read).size, read.length);
});

test('a session, an account and a list have their long lists too', async () => {
  const { store } = notedStore();
  const tokens = await deployment(store);
  const { token, record } = await tokens.create(input(), root);
  const session = await tokens.exchange(token, {});
  assert.equal((await tokens.verify(session.token, held[5])).code, 'valid');
  assert.deepEqual((await tokens.verify(session.token)).token.permissions, held);

  await tokens.accounts.put(
    { id: 'org:acme', permissions: { 'org:acme': [...left, ...held.slice(0, 10_000)] } },
    root,
  );
  const reduced = await tokens.verify(token);
  assert.deepEqual(reduced.token.permissions, held.slice(0, 10_000));
  assert.equal((await tokens.verify(session.token, held[15_000])).code, 'insufficient_permission');
  assert.equal((await tokens.verify(session.token, held[5_000])).code, 'valid');

  const { items } = await tokens.list({ owner: 'org:acme' }, root);
  assert.deepEqual([items[0].permissionCount, items[0].permissions], [held.length, undefined]);
  assert.deepEqual((await tokens.get(record.id, root)).permissions, held);
});

test('nothing of a dry run is written', async () => {
  const { store } = notedStore();
  const tokens = await deployment(store);
  const rows = [{ digest: 'ab'.repeat(32), ...input(), name: 'Imported' }];
  const imported = await deployment(store, { imported: [{ prefix: 'old_', digestOf: 'whole' }] });
  await imported.importKeys(rows, root, { dryRun: true });
  assert.deepEqual(await store.list({ prefix: '', limit: 10 }), []);
  await tokens.create(input(), root);
});

test('a vocabulary that is damaged is read again once the store is mended', async () => {
  const { store } = notedStore();
  const { token } = await (await deployment(store)).create(input(), root);
  const [{ key, value }] = await store.list({ prefix: 'vocab/', limit: 1 });
  const verifier = await deployment(store, { freshness: 0 });
  for (const damage of [null, '', '{}', value.replace('a', 'b')]) {
    await store.commit([{ key, value: damage }]);
    assert.equal((await verifier.verify(token, held[0])).code, 'store_unavailable');
  }
  await store.commit([{ key, value }]);
  assert.equal((await verifier.verify(token, held[0])).code, 'valid');
});

test('more vocabularies than are kept are read anew, and verdicts keep theirs', async () => {
  const store = memoryStore();
  const catalogOf = (at) => ({
    services: {
      many: {
        title: 'Many',
        permissions: Object.fromEntries(Array.from({ length: 200 }, (_, of) => [`p${at}-${of}`, 'One'])),
      },
    },
    kinds: { key: { title: 'Key', lifetime: { longest: '365d', default: '90d' } } },
  });
  const made = [];
  for (let at = 0; at < 300; at += 1) {
    const tokens = await createTokens({ catalog: catalogOf(at), store, prefix: PREFIX });
    made.push(await tokens.create({ kind: 'key', name: `${at}`, owner: 'org:acme', add: ['many:**'] }, root));
  }
  const verifier = await createTokens({ catalog: catalogOf(0), store, prefix: PREFIX });
  const verdicts = [];
  for (const { token, record } of [...made, ...made]) {
    const verdict = await verifier.verify(token);
    assert.equal(verdict.code, 'valid');
    verdicts.push([verdict, record]);
  }
  for (const [verdict, { permissions }] of verdicts) assert.deepEqual(verdict.token.permissions, permissions);
});
