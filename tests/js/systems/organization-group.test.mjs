/** Document 001, organization and group tokens. */

import assert from 'node:assert/strict';
import {
  accountKey,
  catalog,
  codeOf,
  day,
  deployment,
  listed,
  nodesOf,
  people,
  secretOf,
} from './deployment.mjs';
import { testsOf } from './rows.mjs';
import { technicalUsers } from './technical-users.mjs';

const { shows, complete } = testsOf('001');
const deployed = await deployment();
const { tokens, start, now, pass, everything, changedBy } = deployed;
const { root, organizationAdmin, groupAdmin, siblingAdmin, foreignAdmin, organizationUser, groupUser } =
  people;

const levels = {
  organization: { kind: 'organization', owner: 'org:acme', admin: organizationAdmin, outside: 'org:other' },
  group: { kind: 'group', owner: 'org:acme/group:eng', admin: groupAdmin, outside: 'org:acme' },
};
const { organization, group } = levels;
const input = ({ kind, owner }, more) => ({ kind, owner, name: 'Exporter', expiresIn: '30d', ...more });
const create = (level, more) => tokens.create(input(level, more), level.admin);

const everyPermission = nodesOf(tokens.resolve({}).tree).filter(({ grantable }) => grantable);
const permissionsOf = (role) => tokens.resolve({ role }, { tree: false }).permissions;

/** All operations on one existing token. */
const actions = (id, actor) => ({
  edit: () => tokens.edit(id, { name: 'Taken over' }, actor),
  disable: () => tokens.disable(id, actor),
  enable: () => tokens.enable(id, actor),
  rotate: () => tokens.rotate(id, {}, actor),
  revoke: () => tokens.revoke(id, {}, actor),
  delete: () => tokens.delete(id, actor),
});

for (const [name, level] of Object.entries(levels)) {
  const { kind, owner, admin } = level;
  const article = name === 'organization' ? 'an' : 'a';

  shows(`${article} ${name} admin views, makes, disables, reinstates and deletes its tokens`, async () => {
    const { token, record } = await create(level);
    const { id } = record;
    assert.deepEqual((await tokens.list({ owner, kind }, admin)).items[0], listed(record));
    assert.deepEqual(await tokens.get(id, admin), record);
    await tokens.disable(id, admin);
    assert.equal((await tokens.verify(token)).code, 'disabled');
    await tokens.enable(id, admin);
    assert.equal((await tokens.verify(token)).code, 'valid');
    await tokens.delete(id, admin);
    assert.equal((await tokens.verify(token)).code, 'unknown');
  });

  shows(`a token of ${article} ${name} can be made only by its admins`, async () => {
    const vouched = { id: 'user:9', permissions: permissionsOf('user') };
    const refused = [
      organizationUser,
      groupUser,
      siblingAdmin,
      foreignAdmin,
      { id: owner },
      vouched,
      people.user,
    ];
    if (name === 'organization') refused.push(groupAdmin);
    for (const actor of refused) {
      const changed = await changedBy(async () => {
        for (const role of ['user', 'admin']) {
          assert.equal(await codeOf(tokens.create(input(level, { role }), actor)), 'forbidden', actor.id);
        }
      });
      assert.deepEqual(changed, []);
    }
  });

  shows(`the list of ${article} ${name} has its own tokens of this kind, and no others`, async () => {
    const { record } = await create(level, { name: 'Listed' });
    const { items } = await tokens.list({ owner, kind }, admin);
    assert.equal(items[0].id, record.id);
    for (const item of items) assert.deepEqual([item.owner, item.kind], [owner, kind]);
  });

  for (const role of ['admin', 'user']) {
    shows(`${article} ${name} token has the permissions of its role, at its level: ${role}`, async () => {
      const { token, record } = await create(level, { role });
      const given = permissionsOf(role);
      assert.deepEqual(record.permissions, given);
      for (const { id: permission } of everyPermission) {
        for (const resource of [owner, `${owner}/project:7`]) {
          const { valid } = await tokens.verify(token, { permission, resource });
          assert.equal(valid, given.includes(permission), `${permission} at ${resource}`);
        }
      }
      for (const resource of [level.outside, `${owner}2`, '']) {
        const verdict = await tokens.verify(token, { permission: 'projects:read', resource });
        assert.equal(verdict.code, 'outside_resource', resource);
      }
      const needed = tokens.match('POST', '/orgs/acme/groups/eng/projects');
      assert.equal((await tokens.verify(token, needed)).code, 'valid');
      const elsewhere = tokens.match('POST', '/orgs/other/groups/eng/projects');
      assert.equal((await tokens.verify(token, elsewhere)).code, 'outside_resource');
    });
  }

  shows(`the admin role of a token has the scope of its level: ${name}`, async () => {
    const { token, record } = await create(level, { role: 'admin' });
    assert.deepEqual([record.role, record.resource], ['admin', owner]);
    const at = async (resource) =>
      (await tokens.verify(token, { permission: 'settings:change', resource })).code;
    assert.equal(await at(owner), 'valid');
    assert.equal(await at(`${owner}/team:7`), 'valid');
    assert.equal(await at(level.outside), 'outside_resource');
    const wider = tokens.create(input(level, { role: 'admin', resource: level.outside }), root);
    assert.equal(await codeOf(wider), 'invalid_input');
  });
}

shows('only an admin of an organization manages its tokens', async () => {
  const { record } = await create(organization, { role: 'admin' });
  const user = await create(organization, { role: 'user' });
  const strangers = [
    organizationUser,
    groupAdmin,
    groupUser,
    foreignAdmin,
    people.user,
    { token: user.record.id },
  ];
  await requireRefused(record.id, organization, strangers);
  for (const admin of [organizationAdmin, root]) {
    assert.equal((await tokens.edit(record.id, { name: admin.id }, admin)).name, admin.id);
  }
});

shows('only an admin of a group, or of the organization above, manages its tokens', async () => {
  const { record } = await create(group, { role: 'admin' });
  const user = await create(group, { role: 'user' });
  const strangers = [
    organizationUser,
    groupUser,
    siblingAdmin,
    foreignAdmin,
    people.user,
    { token: user.record.id },
  ];
  await requireRefused(record.id, group, strangers);
  for (const admin of [groupAdmin, organizationAdmin, root]) {
    assert.equal((await tokens.edit(record.id, { name: admin.id }, admin)).name, admin.id);
  }
});

/**
 * For an actor elsewhere the token does not exist; the owner itself sees it, but does not change
 * it.
 */
async function requireRefused(id, { owner, kind }, strangers) {
  const changed = await changedBy(async () => {
    for (const actor of strangers) {
      assert.equal(await codeOf(tokens.list({ owner, kind }, actor)), 'forbidden', actor.id);
      assert.equal(await codeOf(tokens.get(id, actor)), 'not_found', actor.id);
      for (const [action, act] of Object.entries(actions(id, actor))) {
        assert.equal(await codeOf(act()), 'not_found', `${action} by ${actor.id}`);
      }
    }
    for (const [action, act] of Object.entries(actions(id, { id: owner }))) {
      assert.equal(await codeOf(act()), 'forbidden', `${action} by the owner itself`);
    }
  });
  assert.deepEqual(changed, []);
}

technicalUsers({ shows, deployed, input, create, levels });

shows('only name, expiration date and role are chosen', async () => {
  for (const { kind, owner, admin } of Object.values(levels)) {
    const expiresAt = new Date(now() + 7 * day);
    const asked = { kind, owner, name: 'Nightly export', expiresAt, role: 'user' };
    const { record } = await tokens.create(asked, admin);
    assert.deepEqual([record.name, record.expiresAt, record.role], ['Nightly export', +expiresAt, 'user']);
    assert.equal(await codeOf(tokens.create({ ...asked, name: undefined }, admin)), 'invalid_input');
  }
});

shows('without an expiration date no token is made', async () => {
  for (const level of Object.values(levels)) {
    await assert.rejects(create(level, { expiresIn: undefined }), ({ code, problems }) => {
      assert.equal(code, 'invalid_input');
      assert.deepEqual(
        problems.map(({ path }) => path),
        ['expiresIn'],
      );
      return true;
    });
    for (const wrong of [
      { expiresIn: null },
      { expiresIn: '366d' },
      { expiresIn: undefined, expiresAt: now() - day },
    ]) {
      assert.equal(await codeOf(create(level, wrong)), 'invalid_input', JSON.stringify(wrong));
    }
  }
});

shows('a token ends at its expiration date', async () => {
  const expiresAt = now() + day;
  const { token } = await create(group, { expiresIn: undefined, expiresAt });
  pass(day - 1_000);
  assert.equal((await tokens.verify(token)).code, 'valid');
  pass(1_000);
  assert.equal((await tokens.verify(token)).code, 'expired');
});

shows('without the choice of the admin role a token has the user role', async () => {
  for (const level of Object.values(levels)) {
    const { record } = await create(level);
    assert.equal(record.role, 'user');
    assert.deepEqual(record.permissions, permissionsOf('user'));
  }
});

shows('the admin role is assigned if chosen, with an explanation', async () => {
  for (const level of Object.values(levels)) {
    assert.equal((await create(level, { role: 'admin' })).record.role, 'admin');
  }
  const warned = (role) => tokens.resolve({ role }).warnings.some(({ code }) => code === 'admin_role');
  assert.deepEqual([warned('admin'), warned('user')], [true, false]);
});

shows('an organization token with the admin role manages as an organization admin, not more', async () => {
  const { record } = await create(organization, { role: 'admin' });
  const actor = { token: record.id };
  for (const level of Object.values(levels)) {
    const made = await tokens.create(input(level, { expiresIn: '7d' }), actor);
    assert.equal(made.record.createdBy, `token:${record.id}`);
    await tokens.disable(made.record.id, actor);
    await tokens.delete(made.record.id, actor);
    const later = tokens.create(input(level, { expiresIn: '31d' }), actor);
    assert.equal(await codeOf(later), 'exceeds_ceiling', 'what it makes does not outlive it');
  }
  const elsewhere = input({ kind: 'organization', owner: 'org:other' }, { expiresIn: '7d' });
  assert.equal(await codeOf(tokens.create(elsewhere, actor)), 'forbidden');
  const { items } = await tokens.list({ owner: 'org:other', kind: 'organization' }, root);
  assert.equal(await codeOf(tokens.delete(items[0].id, actor)), 'not_found');
  await tokens.disable(record.id, organizationAdmin);
  assert.equal(await codeOf(tokens.create(input(group, { expiresIn: '7d' }), actor)), 'forbidden');
});

shows('a group token with the admin role manages as a group admin, not more', async () => {
  const { record } = await create(group, { role: 'admin' });
  const actor = { token: record.id };
  const made = await tokens.create(input(group, { expiresIn: '7d' }), actor);
  await tokens.delete(made.record.id, actor);
  for (const owner of ['org:acme', 'org:acme/group:ops']) {
    const kind = owner.includes('/') ? 'group' : 'organization';
    assert.equal(
      await codeOf(tokens.create(input({ kind, owner }, { expiresIn: '7d' }), actor)),
      'forbidden',
    );
    const { items } = await tokens.list({ owner, kind }, root);
    assert.ok(items.length > 0);
    assert.equal(await codeOf(tokens.disable(items[0].id, actor)), 'not_found');
  }
});

shows('a group admin gives nothing at the level of the organization', async () => {
  assert.equal(await codeOf(tokens.create(input(organization), groupAdmin)), 'forbidden');
  const reaching = input(group, { resource: 'org:acme' });
  assert.equal(await codeOf(tokens.create(reaching, groupAdmin)), 'invalid_input');
  const wide = {
    kind: 'permission-set',
    name: 'Wide',
    owner: group.owner,
    resource: 'org:acme',
    templates: ['all-channels'],
  };
  assert.equal(await codeOf(tokens.create(wide, groupAdmin)), 'exceeds_ceiling');
});

shows('the credential is shown once, and is nowhere afterwards', async () => {
  const asked = input(organization, { idempotencyKey: 'once' });
  const { token, record } = await tokens.create(asked, organizationAdmin);
  const again = await tokens.create(asked, organizationAdmin);
  assert.deepEqual([again.token, again.record.id], [null, record.id]);
  const shown = [
    await tokens.get(record.id, organizationAdmin),
    await tokens.list({ owner: 'org:acme' }, organizationAdmin),
    await tokens.accounts.get(record.technicalUser, organizationAdmin),
    await tokens.verify(token, 'projects:read'),
    await tokens.disable(record.id, organizationAdmin),
    everything(),
  ];
  assert.equal(JSON.stringify(shown).includes(secretOf(token, record)), false);
});

shows('revoke in this document means disable, and is reversible', async () => {
  for (const level of Object.values(levels)) {
    const { kind, admin } = level;
    assert.equal(catalog.kinds[kind].labels.disable, 'Revoke token');
    const { token, record } = await create(level);
    const changed = await changedBy(() => tokens.disable(record.id, admin));
    assert.deepEqual(changed, [`token/${record.id}`]);
    assert.equal((await tokens.verify(token)).code, 'disabled');
    const enabled = await tokens.enable(record.id, admin);
    assert.deepEqual(enabled.permissions, record.permissions);
    assert.equal((await tokens.verify(token)).code, 'valid');
  }
});

shows('a group admin does not reinstate a token that an organization admin disabled', async () => {
  const { token, record } = await create(group);
  await tokens.disable(record.id, organizationAdmin);
  assert.equal(await codeOf(tokens.enable(record.id, groupAdmin)), 'forbidden');
  assert.equal((await tokens.verify(token)).code, 'disabled');
  await tokens.enable(record.id, organizationAdmin);
  assert.equal((await tokens.verify(token)).code, 'valid');
});

shows('the status of a token determines its actions', async () => {
  for (const level of Object.values(levels)) {
    const { kind, owner, admin } = level;
    const { actions: offered, labels } = catalog.kinds[kind];
    for (const action of ['disable', 'delete']) assert.ok(offered.includes(action) && labels[action], action);
    assert.equal(
      offered.includes('revoke'),
      false,
      'what cannot be taken back is not offered under its word',
    );
    const { record } = await create(level);
    const seen = async (status) => {
      const { items } = await tokens.list({ owner, kind, status }, admin);
      return items.some(({ id }) => id === record.id);
    };
    assert.deepEqual([await seen('active'), await seen('disabled')], [true, false]);
    await tokens.disable(record.id, admin);
    assert.deepEqual([await seen('active'), await seen('disabled')], [false, true]);
    // A disabled token can be reinstated or deleted.
    await tokens.enable(record.id, admin);
    await tokens.disable(record.id, admin);
    await tokens.delete(record.id, admin);
    assert.deepEqual([await seen('active'), await seen('disabled')], [false, false]);
  }
});

shows('a deleted token cannot be recovered by anything', async () => {
  const { token, id, digest, scheme } = tokens.mint();
  const asked = input(organization, { id, digest, scheme });
  const { record } = await tokens.create(asked, organizationAdmin);
  assert.equal((await tokens.verify(token)).code, 'valid');
  await tokens.delete(id, organizationAdmin);
  for (const actor of [organizationAdmin, root]) {
    for (const [action, act] of Object.entries(actions(id, actor))) {
      assert.equal(await codeOf(act()), 'not_found', action);
    }
    assert.equal(await codeOf(tokens.get(id, actor)), 'not_found');
    assert.equal(await codeOf(tokens.accounts.enable(record.technicalUser, actor)), 'not_found');
    assert.equal(await codeOf(tokens.create(asked, actor)), 'conflict', 'its id never comes back');
  }
  assert.equal((await (await start()).verify(token)).code, 'unknown');
});

shows('deleting ends only the given token with its technical user', async () => {
  for (const level of Object.values(levels)) {
    const { record } = await create(level);
    const other = await create(level);
    const changed = await changedBy(() => tokens.delete(record.id, level.admin));
    assert.deepEqual(changed, [accountKey(record.technicalUser), `token/${record.id}`]);
    assert.equal((await tokens.verify(other.token)).code, 'valid');
  }
});

complete();
