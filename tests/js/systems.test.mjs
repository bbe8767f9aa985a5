/**
 * The rules about the choice of permissions in the documents of the four systems: 000 permission sets, 001 organization and group
 * tokens, 002 personal tokens, 003 session tokens. Each test is named after its rule.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

const example = (name) =>
  JSON.parse(readFileSync(new URL(`../../examples/catalogs/${name}.json`, import.meta.url), 'utf8'));
const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });
const nodesOf = (tree) => tree.flatMap((node) => [node, ...nodesOf(node.children)]);
const nodeOf = (tree, id) => nodesOf(tree).find((node) => node.id === id);

describe('000, permission sets', async () => {
  const catalog = example('permission-set');
  const tokens = await deploy(catalog);
  const admin = { id: 'user:1', roles: { 'org:acme': 'admin' } };
  const resolved = (selection) => tokens.resolve(selection, { tree: false }).permissions;
  const create = (selection, name = 'T') =>
    tokens.create({ kind: 'permission-set', name, owner: 'org:acme', ...selection }, admin);

  test('000: a token has only the permissions that were chosen', async () => {
    const { token, record } = await create({ templates: ['facebook-opt-in'] });
    assert.deepEqual(record.permissions, ['facebook:opt-in:create']);
    const everything = nodesOf(tokens.resolve({}).tree).filter(({ grantable }) => grantable);
    for (const { id } of everything) {
      assert.equal((await tokens.verify(token, id)).valid, id === 'facebook:opt-in:create', id);
    }
  });

  test('000: the identity of a token is the profile that it was given', async () => {
    const { token } = await create({ templates: ['all-channels'], subject: 'profile:42' }, 'As a profile');
    assert.equal((await tokens.verify(token)).token.subject, 'profile:42');
  });

  test('000: there is a permission set for each common use', () => {
    const uses = {
      'all-channels': ['messages:send'],
      'all-channels-branch': ['messages:send', 'branch:run'],
      'profiles-and-data': ['profiles:write', 'data:import'],
      'facebook-opt-in': ['facebook:opt-in:create'],
      'app-messaging': ['conversations:manage'],
    };
    for (const [template, permissions] of Object.entries(uses)) {
      const given = resolved({ templates: [template] });
      for (const permission of permissions)
        assert.ok(given.includes(permission), `${template}: ${permission}`);
    }
  });

  test('000: several permission sets together give what each gives', () => {
    const sets = ['all-channels', 'profiles-and-data', 'app-messaging'];
    const apart = sets.flatMap((id) => resolved({ templates: [id] }));
    assert.deepEqual(resolved({ templates: sets }), [...new Set(apart)].sort());
  });

  test('000: the recommended one is All Channels + Branch, and more than it is warned of', () => {
    const recommended = Object.entries(catalog.templates).filter(([, template]) => template.recommended);
    assert.deepEqual(
      recommended.map(([id]) => id),
      ['all-channels-branch'],
    );
    assert.deepEqual(tokens.resolve({ templates: ['all-channels-branch'] }).warnings, []);
    assert.deepEqual(tokens.resolve({ templates: ['all-channels-branch', 'facebook-opt-in'] }).warnings, [
      { code: 'wider_than_recommended', template: 'all-channels-branch', extra: ['facebook:opt-in:create'] },
    ]);
    // Less than the recommended one is least privilege, and nothing to warn of.
    assert.deepEqual(tokens.resolve({ templates: ['all-channels'] }).warnings, []);
  });

  test('000: the advanced tree has each service and its permissions', () => {
    const { tree } = tokens.resolve({});
    assert.deepEqual(
      tree.map(({ id, title }) => [id, title]),
      Object.entries(catalog.services).map(([id, { title }]) => [id, title]),
    );
    for (const node of nodesOf(tree)) {
      assert.equal(node.state, 'off');
      assert.deepEqual(node.from, []);
    }
    assert.equal(nodeOf(tree, 'platform:webhooks:configure').title, 'Configure webhooks');
  });

  test('000: the advanced tree shows what the sets already apply', () => {
    const { tree } = tokens.resolve({ templates: ['all-channels', 'all-channels-branch'] });
    assert.equal(nodeOf(tree, 'branch').state, 'on');
    assert.equal(nodeOf(tree, 'messages').state, 'partly');
    assert.equal(nodeOf(tree, 'profiles').state, 'off');
    assert.deepEqual(nodeOf(tree, 'messages:send').from, [
      { template: 'all-channels' },
      { template: 'all-channels-branch' },
    ]);
    assert.deepEqual(nodeOf(tree, 'messages:status').from, [{ impliedBy: 'messages:send' }]);
    assert.deepEqual(nodeOf(tree, 'messages:export').from, []);
  });

  test('000: each option of the tree can be selected and cleared', async () => {
    const sets = { templates: ['all-channels-branch'] };
    const options = nodesOf(tokens.resolve(sets).tree).filter(({ grantable }) => grantable);
    for (const { id } of options) {
      assert.ok(resolved({ ...sets, add: [id] }).includes(id), `${id} selected`);
      assert.ok(!resolved({ ...sets, remove: [id] }).includes(id), `${id} cleared`);
    }
  });

  test('000: what was ticked is what is stored, and what is enforced', async () => {
    const selection = {
      templates: ['all-channels-branch'],
      add: ['platform:webhooks:read'],
      remove: ['branch:delete'],
    };
    const { tree, permissions } = tokens.resolve(selection);
    const ticked = nodesOf(tree).filter(({ grantable, state }) => grantable && state === 'on');
    const { token, record } = await create(selection, 'Ticked');
    assert.deepEqual(ticked.map(({ id }) => id).sort(), permissions);
    assert.deepEqual(record.permissions, permissions);
    for (const { id, grantable } of nodesOf(tree)) {
      if (grantable) assert.equal((await tokens.verify(token, id)).valid, permissions.includes(id), id);
    }
  });

  test('000: permissions cannot change after creation, by no later catalog either', async () => {
    const store = memoryStore();
    const today = await createTokens({ catalog, store, prefix: 'test' });
    const input = { kind: 'permission-set', name: 'T', owner: 'org:acme', templates: ['all-channels'] };
    const { token, record } = await today.create(input, admin);
    const wider = structuredClone(catalog);
    wider.templates['all-channels'] = { ...wider.templates['all-channels'], version: 2, permissions: ['**'] };
    wider.services.messages.permissions.send.implies = ['messages:status', 'messages:export'];
    const tomorrow = await createTokens({ catalog: wider, store, prefix: 'test' });
    assert.equal((await tomorrow.verify(token, 'messages:export')).code, 'insufficient_permission');
    await tomorrow.disable(record.id, admin);
    const enabled = await tomorrow.enable(record.id, admin);
    assert.deepEqual(enabled.permissions, record.permissions);
    assert.deepEqual(enabled.templates, [{ id: 'all-channels', version: 1 }]);
  });
});

describe('001, organization and group tokens', async () => {
  const catalog = {
    services: {
      devices: { title: 'Devices', permissions: { read: 'Read', configure: 'Configure', remove: 'Remove' } },
    },
    roles: { user: { title: 'User', permissions: ['devices:read'] } },
  };
  const tokens = await deploy(catalog);
  const admins = {
    'org:acme': { id: 'user:1', roles: { 'org:acme': 'admin' } },
    'org:acme/group:eng': { id: 'user:2', roles: { 'org:acme/group:eng': 'admin' } },
  };
  const create = (owner, selection, kind = owner.includes('/') ? 'group' : 'organization') =>
    tokens.create(
      { kind, name: JSON.stringify(selection), owner, expiresIn: '30d', ...selection },
      admins[owner],
    );

  for (const [owner, level, outside] of [
    ['org:acme', 'organization', 'org:other'],
    ['org:acme/group:eng', 'group', 'org:acme'],
  ]) {
    test(`001: the admin role has the scope of the token's level: ${level}`, async () => {
      const { token, record } = await create(owner, { role: 'admin' });
      assert.deepEqual(record.permissions, ['devices:configure', 'devices:read', 'devices:remove']);
      assert.equal(record.resource, owner);
      const at = (resource) => tokens.verify(token, { permission: 'devices:remove', resource });
      assert.equal((await at(owner)).valid, true);
      assert.equal((await at(`${owner}/device:7`)).valid, true);
      assert.equal((await at(outside)).code, 'outside_resource');
    });

    test(`001: without the admin role it has what the user role gives: ${level}`, async () => {
      const { token, record } = await create(owner, { role: 'user' });
      assert.deepEqual(record.permissions, ['devices:read']);
      assert.equal(record.role, 'user');
      assert.equal((await tokens.verify(token, { permission: 'devices:read', resource: owner })).valid, true);
      assert.equal((await tokens.verify(token, 'devices:remove')).code, 'insufficient_permission');
    });
  }

  test('001: whether the admin role is assigned is a choice, and a person is told what it means', () => {
    assert.deepEqual(tokens.resolve({ role: 'admin' }).warnings, [{ code: 'admin_role' }]);
    assert.deepEqual(tokens.resolve({ role: 'user' }).warnings, []);
    const [read] = tokens.resolve({ role: 'user' }).tree[0].children;
    assert.deepEqual(read.from, [{ role: 'user' }]);
  });

  test('001: a group admin gives nothing at the level of the organization', async () => {
    const input = { kind: 'organization', name: 'T', owner: 'org:acme', role: 'user', expiresIn: '30d' };
    await assert.rejects(tokens.create(input, admins['org:acme/group:eng']), { code: 'forbidden' });
    const reaching = {
      kind: 'group',
      name: 'T',
      owner: 'org:acme/group:eng',
      resource: 'org:acme',
      role: 'user',
      expiresIn: '30d',
    };
    await assert.rejects(tokens.create(reaching, admins['org:acme/group:eng']), ({ problems }) => {
      assert.deepEqual(
        problems.map(({ path }) => path),
        ['resource'],
      );
      return true;
    });
  });

  test('001: an expiration date is set', async () => {
    const input = { kind: 'organization', name: 'T', owner: 'org:acme', role: 'user' };
    await assert.rejects(tokens.create(input, admins['org:acme']), (error) => {
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ['expiresIn'],
      );
      return true;
    });
  });
});

describe('002, personal tokens', async () => {
  // A clock that goes on with every look: the list has the newest first.
  let now = Date.UTC(2026, 10, 23);
  const options = { store: memoryStore(), prefix: 'test', now: () => now++ };
  const tokens = await createTokens({ catalog: example('personal'), ...options });
  const user = { id: 'user:7', roles: { 'user:7': 'user' } };
  const create = (name, selection) => tokens.create({ kind: 'personal', name, ...selection }, user);

  test('002: the scope is chosen from CollectionDevice and Policy', async () => {
    assert.deepEqual(Object.keys(example('personal').templates), ['CollectionDevice', 'Policy']);
    await assert.rejects(create('T', { templates: ['Devices'] }), { code: 'invalid_input' });
    await assert.rejects(create('T', {}), { code: 'invalid_input' }, 'no scope at all');
  });

  test("002: the scope is the token's limit: of one, the other, or both", async () => {
    for (const [templates, device, policy] of [
      [['CollectionDevice'], 'valid', 'insufficient_permission'],
      [['Policy'], 'insufficient_permission', 'valid'],
      [['CollectionDevice', 'Policy'], 'valid', 'valid'],
    ]) {
      const { token } = await create(templates.join(), { templates });
      assert.equal((await tokens.verify(token, 'devices:configure')).code, device);
      assert.equal((await tokens.verify(token, 'policies:write')).code, policy);
    }
  });

  test('002: the list shows the scope that was chosen', async () => {
    const { items } = await tokens.list({}, user);
    assert.deepEqual(
      items.map(({ templates }) => templates.map(({ id }) => id)),
      [['CollectionDevice', 'Policy'], ['Policy'], ['CollectionDevice']],
    );
  });

  test("002: a user's token has no more than the user", async () => {
    const nobody = { id: 'user:8', roles: {} };
    const input = { kind: 'personal', name: 'T', owner: 'user:8', templates: ['Policy'] };
    await assert.rejects(tokens.create(input, nobody), { code: 'exceeds_ceiling' });
  });
});

describe('003, session tokens', async () => {
  const tokens = await deploy(example('personal'));

  test('003: a session comes from an access token, and is chosen by nobody', async () => {
    const input = { kind: 'session', name: 'T', owner: 'user:7', templates: ['Policy'] };
    const user = { id: 'user:7', roles: { 'user:7': 'user' } };
    await assert.rejects(tokens.create(input, user), (error) => {
      assert.deepEqual(error.problems, [
        { path: 'kind', message: 'tokens of kind "session" come from an exchange' },
      ]);
      return true;
    });
  });
});
