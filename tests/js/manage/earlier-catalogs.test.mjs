/** A catalog changes while its tokens live: retired and renamed permissions, removed kinds. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

const admin = { id: 'user:1', roles: { '': 'admin' } };

const catalogOf = (permissions, more = {}) => ({ services: { s: { title: 'S', permissions } }, ...more });

const deploy = (store, catalog, more = {}) => createTokens({ catalog, store, prefix: 'test', ...more });

const create = async (tokens, input) =>
  (await tokens.create({ kind: 'permission-set', name: 'T', owner: 'org:a', ...input }, admin)).token;

describe('a permission that is no longer in the catalog', () => {
  for (const freshness of [0, '1m']) {
    test(`with a freshness of ${freshness}: retired, it is answered without an error`, async () => {
      const store = memoryStore();
      const before = await deploy(store, catalogOf({ old: 'Old', kept: 'Kept' }));
      const token = await create(before, { add: ['s:old', 's:kept'] });
      const after = await deploy(store, catalogOf({ kept: 'Kept' }, { retired: ['s:old'] }), { freshness });
      for (let nth = 0; nth < 2; nth += 1) {
        const verdict = await after.verify(token, 's:old');
        assert.deepEqual([verdict.code, verdict.missing], ['insufficient_permission', ['s:old']]);
        assert.equal((await after.verify(token, 's:old OR s:kept')).code, 'valid');
        assert.equal((await after.verify(token, ['s:kept', 's:old'])).code, 'insufficient_permission');
        assert.equal((await after.verify(token, 's:kept')).code, 'valid');
      }
      // What is in no catalog, and not retired, is a mistake of the program.
      await assert.rejects(after.verify(token, 's:odl'), { code: 'invalid_input' });
      // It cannot be chosen, or defined again with another meaning.
      await assert.rejects(create(after, { add: ['s:old'] }), { code: 'invalid_input' });
      await assert.rejects(deploy(store, catalogOf({ old: 'New' }, { retired: ['s:old'] })), {
        code: 'invalid_input',
        message: /\$\.retired\[0\]: "s:old" is a permission of this catalog/,
      });
    });
  }

  test('renamed, it is held by the tokens that had all of its old ids', async () => {
    const store = memoryStore();
    const before = await deploy(store, catalogOf({ see: 'See', create: 'Create', change: 'Change' }));
    const both = await create(before, { add: ['s:see', 's:create', 's:change'] });
    const one = await create(before, { add: ['s:create'] });
    const narrow = await create(before, {
      add: ['s:see', 's:create', 's:change'],
      resources: { 's:create': ['org:a/x'], 's:see': ['org:a/x'] },
    });
    const after = await deploy(
      store,
      catalogOf({
        read: { title: 'Read', was: ['s:see'] },
        write: { title: 'W', was: ['s:create', 's:change'] },
      }),
    );
    const codes = async (token, requirement) => (await after.verify(token, requirement)).code;
    assert.equal(await codes(both, ['s:read', 's:write']), 'valid');
    // Code of the version before asks for the old ids.
    assert.equal(await codes(both, ['s:see', 's:change']), 'valid');
    assert.equal(await codes(one, 's:write'), 'insufficient_permission');
    assert.equal(await codes(one, 's:create'), 'insufficient_permission');
    assert.equal(await codes(narrow, { permission: 's:read', resource: 'org:a/x' }), 'valid');
    assert.equal(await codes(narrow, { permission: 's:read', resource: 'org:a/y' }), 'outside_resource');
    assert.equal(await codes(narrow, { permission: 's:write', resource: 'org:a/x' }), 'valid');
    assert.equal(await codes(narrow, { permission: 's:write', resource: 'org:a' }), 'outside_resource');
  });
});

test('tokens of a removed kind can be read, listed and ended, and the rest says why not', async () => {
  const store = memoryStore();
  const permissions = { read: 'Read' };
  const before = await deploy(store, catalogOf(permissions, { kinds: { batch: { title: 'Batch' } } }));
  const { token, record } = await before.create(
    { kind: 'batch', name: 'B', owner: 'org:a', add: ['s:read'] },
    admin,
  );
  const after = await deploy(store, catalogOf(permissions, { retired: ['batch'] }));
  assert.equal((await after.verify(token, 's:read')).code, 'valid');
  assert.equal((await after.get(record.id, admin)).kind, 'batch');
  assert.equal((await after.list({ owner: 'org:a', kind: 'batch' }, admin)).items.length, 1);
  await assert.rejects(after.list({ owner: 'org:a', kind: 'bath' }, admin), { code: 'invalid_input' });
  const message = /the kind "batch" is no longer in the catalog/;
  await assert.rejects(after.edit(record.id, { name: 'C' }, admin), { message });
  await assert.rejects(after.rotate(record.id, {}, admin), { message });
  await after.disable(record.id, admin);
  await after.revoke(record.id, { reason: 'over' }, admin);
  await assert.rejects(deploy(store, catalogOf(permissions, { retired: ['batch'], kinds: { batch: {} } })), {
    message: /\$\.kinds\.batch: is retired/,
  });
});

test('the tree is made when it is read, and comes by branch', async () => {
  const tokens = await deploy(
    memoryStore(),
    catalogOf({ a: 'A', g: { title: 'G', permissions: { b: 'B', c: 'C' } } }),
  );
  const preview = tokens.resolve({ add: ['s:g:b'] });
  assert.equal(typeof Object.getOwnPropertyDescriptor(preview, 'tree').get, 'function');
  const [service] = preview.tree;
  assert.equal(preview.tree[0], service);
  assert.equal(JSON.parse(JSON.stringify(preview)).tree[0].id, 's');
  const [top] = tokens.resolve({ add: ['s:g:b'] }, { tree: { depth: 1 } }).tree;
  assert.deepEqual([top.state, top.children, top.more], ['partly', [], 2]);
  const below = tokens.resolve({ add: ['s:g:b'] }, { tree: { below: 's:g' } }).tree;
  assert.deepEqual(below, service.children[1].children);
  assert.throws(() => tokens.resolve({}, { tree: { below: 's:x' } }), {
    code: 'invalid_input',
    message: /below/,
  });
  assert.throws(() => tokens.resolve({}, { tree: { depth: 0 } }), { path: 'tree.depth' });
});
