/** Document 000, permission-set tokens. */

import assert from 'node:assert/strict';
import {
  catalog,
  codeOf,
  day,
  deployment,
  listed,
  nodeOf,
  nodesOf,
  people,
  secretOf,
} from './deployment.mjs';
import { testsOf } from './rows.mjs';

const { shows, complete } = testsOf('000');
const { tokens, start, pass, everything, changedBy } = await deployment();
const { organizationAdmin: admin, organizationUser, foreignAdmin } = people;

const resolved = (selection) => tokens.resolve(selection, { tree: false }).permissions;
const input = (selection) => ({ kind: 'permission-set', name: 'Sender', owner: 'org:acme', ...selection });
const create = (selection) => tokens.create(input(selection), admin);
const sets = ['all-channels', 'all-channels-branch', 'profiles-and-data', 'facebook-opt-in', 'app-messaging'];

shows('a token has only the permissions that were chosen', async () => {
  const { token, record } = await create({ templates: ['facebook-opt-in'] });
  assert.deepEqual(record.permissions, ['facebook:opt-in:create']);
  const everyPermission = nodesOf(tokens.resolve({}).tree).filter(({ grantable }) => grantable);
  assert.ok(everyPermission.length > 30);
  for (const { id } of everyPermission) {
    assert.equal((await tokens.verify(token, id)).valid, id === 'facebook:opt-in:create', id);
  }
});

shows('each system has its own token, with only what it needs', async () => {
  const needs = { newsletter: 'all-channels', crm: 'profiles-and-data', chat: 'app-messaging' };
  for (const [system, template] of Object.entries(needs)) {
    const { token } = await create({ name: system, templates: [template] });
    for (const other of Object.values(needs)) {
      const [permission] = resolved({ templates: [other] });
      assert.equal((await tokens.verify(token, permission)).valid, other === template, `${system}: ${other}`);
    }
  }
});

shows('a compromised token is revoked alone, and could do no more than its own system', async () => {
  const crm = await create({ templates: ['profiles-and-data'] });
  const chat = await create({ templates: ['app-messaging'] });
  assert.equal((await tokens.verify(crm.token, 'messages:send')).code, 'insufficient_permission');
  const changed = await changedBy(() => tokens.revoke(crm.record.id, { reason: 'laptop stolen' }, admin));
  assert.deepEqual(changed, [`token/${crm.record.id}`]);
  assert.equal((await tokens.verify(crm.token)).code, 'revoked');
  assert.equal((await tokens.verify(chat.token)).code, 'valid');
});

shows('only an authenticated admin of the owner manages its tokens', async () => {
  const { record } = await create({ templates: ['all-channels'] });
  const query = { owner: 'org:acme', kind: 'permission-set' };
  for (const [actor, onOwner, onToken] of [
    [undefined, 'invalid_input', 'invalid_input'],
    [foreignAdmin, 'forbidden', 'not_found'],
    [organizationUser, 'forbidden', 'not_found'],
  ]) {
    assert.equal(await codeOf(tokens.create(input({ templates: ['all-channels'] }), actor)), onOwner);
    assert.equal(await codeOf(tokens.list(query, actor)), onOwner);
    assert.equal(await codeOf(tokens.get(record.id, actor)), onToken);
    assert.equal(await codeOf(tokens.revoke(record.id, {}, actor)), onToken);
  }
});

shows('tokens are created, revoked, and their permissions viewed', async () => {
  const { record } = await create({ name: 'Managed', templates: ['all-channels'] });
  const query = { owner: 'org:acme', kind: 'permission-set', search: 'Managed' };
  const seen = async () => (await tokens.list(query, admin)).items;
  assert.deepEqual(await seen(), [listed(record)]);
  assert.deepEqual(record.permissions, ['messages:send', 'messages:status']);
  assert.deepEqual((await tokens.get(record.id, admin)).permissions, record.permissions);
  await tokens.revoke(record.id, {}, admin);
  const [revoked] = await seen();
  assert.equal(revoked.status, 'revoked');
  assert.deepEqual(revoked.permissions, record.permissions);
});

shows('the name describes the token, and two may have the same', async () => {
  const named = { name: 'Nightly sender – Büro №7', templates: ['all-channels'] };
  const [first, second] = [await create(named), await create(named)];
  assert.equal(first.record.name, 'Nightly sender – Büro №7');
  assert.equal(second.record.name, first.record.name);
  assert.notEqual(second.record.id, first.record.id);
  assert.equal((await tokens.verify(first.token)).token.name, first.record.name);
  for (const name of [undefined, '', 'two\nlines', 'x'.repeat(101)]) {
    assert.equal(await codeOf(create({ ...named, name })), 'invalid_input', name);
  }
});

shows('the identity of a token is its profile', async () => {
  const { token, record } = await create({ templates: ['all-channels'], subject: 'profile:42' });
  assert.equal(record.subject, 'profile:42');
  assert.equal((await tokens.verify(token, 'messages:send')).token.subject, 'profile:42');
});

shows('the author of a message is the profile of the token', async () => {
  const { token } = await create({ templates: ['app-messaging'], subject: 'profile:virtual-host' });
  const needed = tokens.match('POST', '/conversations/7/messages');
  assert.deepEqual(needed, { permission: 'conversations:messages:send' });
  const verdict = await tokens.verify(token, needed);
  assert.equal(verdict.valid, true);
  assert.equal(verdict.token.subject, 'profile:virtual-host');
});

shows('a token sends with or without a profile', async () => {
  const without = await create({ templates: ['all-channels'] });
  const profiled = await create({ templates: ['all-channels'], subject: 'profile:42' });
  assert.equal('subject' in without.record, false);
  assert.deepEqual(profiled.record.permissions, without.record.permissions);
  for (const { token } of [without, profiled]) {
    assert.equal((await tokens.verify(token, 'messages:send')).valid, true);
  }
});

shows('nothing is stored before the last step', () => {
  const before = everything();
  tokens.resolve({ templates: sets });
  tokens.resolve({ templates: ['all-channels'], add: ['platform:**'], remove: ['messages:status'] });
  tokens.suggest(['messages:send']);
  assert.deepEqual(everything(), before);
});

for (const [use, template, needed] of [
  ['sends on all channels', 'all-channels', ['messages:send']],
  [
    'sends on all channels, plus Branch',
    'all-channels-branch',
    ['messages:send', 'branch:run', 'branch:create'],
  ],
  ['manages profiles and data', 'profiles-and-data', ['profiles:write', 'profiles:delete', 'data:import']],
  ['creates Facebook opt-in data', 'facebook-opt-in', ['facebook:opt-in:create']],
  [
    'manages App Messaging conversations',
    'app-messaging',
    ['conversations:manage', 'conversations:messages:send'],
  ],
]) {
  shows(`there is a permission set that ${use}`, async () => {
    assert.ok(catalog.templates[template].title);
    const { token } = await create({ templates: [template] });
    assert.equal((await tokens.verify(token, needed)).valid, true);
  });
}

shows('several permission sets give the union of their permissions', () => {
  const apart = sets.flatMap((id) => resolved({ templates: [id] }));
  assert.deepEqual(resolved({ templates: sets }), [...new Set(apart)].sort());
});

shows('the recommended one is All Channels + Branch, and more gives a warning', () => {
  const recommended = Object.values(catalog.templates).filter((template) => template.recommended);
  assert.deepEqual(
    recommended.map(({ title }) => title),
    ['One API Access – All Channels + Branch'],
  );
  assert.deepEqual(tokens.resolve({ templates: ['all-channels-branch'] }).warnings, []);
  assert.deepEqual(tokens.resolve({ templates: ['all-channels-branch', 'facebook-opt-in'] }).warnings, [
    { code: 'wider_than_recommended', template: 'all-channels-branch', extra: ['facebook:opt-in:create'] },
  ]);
  // Less than the recommended set is least privilege: no warning.
  assert.deepEqual(tokens.resolve({ templates: ['all-channels'] }).warnings, []);
});

shows('permissions of other services are added one by one, platform configuration too', () => {
  const selection = { templates: ['all-channels'], add: ['platform:webhooks:read'] };
  assert.deepEqual(resolved(selection), ['messages:send', 'messages:status', 'platform:webhooks:read']);
});

shows('the tree has each service and its permissions', () => {
  const { tree } = tokens.resolve({});
  assert.deepEqual(
    tree.map(({ id, title }) => [id, title]),
    Object.entries(catalog.services).map(([id, { title }]) => [id, title]),
  );
  for (const node of nodesOf(tree)) assert.deepEqual([node.state, node.from], ['off', []], node.id);
  assert.equal(nodeOf(tree, 'platform:webhooks:configure').title, 'Configure webhooks');
});

shows('the tree shows the permissions of the chosen sets', () => {
  const { tree } = tokens.resolve({ templates: ['all-channels', 'all-channels-branch'] });
  assert.equal(nodeOf(tree, 'branch').state, 'on');
  assert.equal(nodeOf(tree, 'messages').state, 'partly');
  assert.equal(nodeOf(tree, 'profiles').state, 'off');
  const from = (id) => nodeOf(tree, id).from;
  assert.deepEqual(from('messages:send'), [
    { template: 'all-channels' },
    { template: 'all-channels-branch' },
  ]);
  assert.deepEqual(from('messages:status'), [{ impliedBy: 'messages:send' }]);
  assert.deepEqual(from('messages:export'), []);
});

shows('each option of the tree can be selected and cleared', () => {
  const chosen = { templates: ['all-channels-branch'] };
  for (const { id } of nodesOf(tokens.resolve(chosen).tree).filter(({ grantable }) => grantable)) {
    assert.ok(resolved({ ...chosen, add: [id] }).includes(id), `${id} selected`);
    assert.ok(!resolved({ ...chosen, remove: [id] }).includes(id), `${id} cleared`);
  }
});

shows('the ticked permissions are stored and enforced', async () => {
  const selection = {
    templates: ['all-channels-branch'],
    add: ['platform:webhooks:read'],
    remove: ['branch:delete'],
  };
  const { tree, permissions } = tokens.resolve(selection);
  const { token, record } = await create(selection);
  assert.deepEqual(record.permissions, permissions);
  for (const { id } of nodesOf(tree).filter(({ grantable }) => grantable)) {
    const ticked = nodeOf(tree, id).state === 'on';
    assert.equal(permissions.includes(id), ticked, id);
    assert.equal((await tokens.verify(token, id)).valid, ticked, id);
  }
});

shows('a token that was created works at once', async () => {
  const { token } = await create({ templates: ['all-channels'] });
  assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
});

shows('the permissions of a token cannot be edited', async () => {
  const { token, record } = await create({ templates: ['all-channels-branch'] });
  const changes = [
    { templates: ['all-channels'] },
    { add: ['messages:export'] },
    { remove: ['branch:delete'] },
    { role: 'user' },
    { resources: { 'messages:send': ['org:acme/group:eng'] } },
    { name: 'Beside a name', templates: ['all-channels'] },
  ];
  for (const change of changes) {
    for (const actor of [admin, people.root]) {
      const changed = await changedBy(async () =>
        assert.equal(
          await codeOf(tokens.edit(record.id, change, actor)),
          'forbidden',
          JSON.stringify(change),
        ),
      );
      assert.deepEqual(changed, []);
    }
  }
  assert.deepEqual((await tokens.verify(token)).token.permissions, record.permissions);
});

shows('no other operation changes the permissions of a token, nor does a later catalog', async () => {
  const { token, record } = await create({ templates: ['all-channels'] });
  const { id, permissions } = record;
  const wider = structuredClone(catalog);
  Object.assign(wider.templates['all-channels'], { version: 2, permissions: ['**'] });
  wider.services.messages.permissions.send.implies = ['messages:status', 'messages:export'];
  const tomorrow = await start(wider);
  const done = [
    (on) => on.edit(id, { name: 'Renamed', description: 'Sends', tags: ['night'] }, admin),
    (on) => on.disable(id, admin),
    (on) => on.enable(id, admin),
    async (on) => (await on.rotate(id, {}, admin)).record,
    (on) => on.abortRotation(id, admin),
  ];
  for (const on of [tokens, tomorrow]) {
    for (const act of done) assert.deepEqual((await act(on)).permissions, permissions);
    assert.deepEqual((await on.verify(token)).token.permissions, permissions);
    assert.equal((await on.verify(token, 'messages:export')).code, 'insufficient_permission');
  }
  assert.deepEqual((await tomorrow.get(id, admin)).templates, [{ id: 'all-channels', version: 1 }]);
});

shows('the credential is in the answer of create', async () => {
  const { token } = await create({ templates: ['all-channels'] });
  assert.match(token, /^acme_test_[0-9A-Za-z]+$/);
  assert.match(token, new RegExp(tokens.pattern()));
});

shows('the credential is shown once, and is nowhere afterwards', async () => {
  const asked = input({ templates: ['all-channels'], idempotencyKey: 'once' });
  const { token, record } = await tokens.create(asked, admin);
  const again = await tokens.create(asked, admin);
  assert.deepEqual([again.token, again.record.id], [null, record.id]);
  const shown = [
    await tokens.get(record.id, admin),
    await tokens.list({ owner: 'org:acme' }, admin),
    await tokens.verify(token, 'messages:send'),
    await tokens.explain(token, 'messages:export'),
    await tokens.edit(record.id, { name: 'Seen' }, admin),
    await tokens.revoke(record.id, {}, admin),
    // This includes the audit trail.
    everything(),
  ];
  assert.equal(JSON.stringify(shown).includes(secretOf(token, record)), false);
});

shows('a revoked token cannot be reinstated by anything', async () => {
  const { token, record } = await create({ templates: ['all-channels'] });
  const { id } = record;
  const successor = await tokens.rotate(id, {}, admin);
  const revoked = await tokens.revoke(id, { reason: 'replaced' }, admin);
  for (const [attempt, call] of Object.entries({
    enable: () => tokens.enable(id, admin),
    'enable by the root': () => tokens.enable(id, people.root),
    disable: () => tokens.disable(id, admin),
    edit: () => tokens.edit(id, { name: 'Another' }, admin),
    rotate: () => tokens.rotate(id, {}, admin),
  })) {
    assert.equal(await codeOf(call()), 'terminal', attempt);
  }
  assert.deepEqual(await tokens.revoke(id, { reason: 'another reason' }, admin), revoked);
  await tokens.confirmRotation(id, admin).catch(() => {});
  await tokens.abortRotation(id, admin).catch(() => {});
  assert.equal((await tokens.get(id, admin)).status, 'revoked');
  const restarted = await start();
  for (const wait of [0, 365 * day]) {
    pass(wait);
    for (const secret of [token, successor.token]) {
      assert.ok(['revoked', 'rotated_out'].includes((await restarted.verify(secret)).code));
    }
  }
});

shows('a token is replaced by a new one with the same sets, and then revoked', async () => {
  const selection = { templates: ['all-channels-branch'], remove: ['branch:delete'] };
  const old = await create(selection);
  const next = await create(selection);
  assert.deepEqual(next.record.permissions, old.record.permissions);
  const revoked = await tokens.revoke(old.record.id, { reason: 'rotated' }, admin);
  assert.equal(revoked.reason, 'rotated');
  assert.equal((await tokens.verify(old.token)).code, 'revoked');
  assert.equal((await tokens.verify(next.token)).code, 'valid');
});

shows('a secret is rotated without a gap, and the old one ends', async () => {
  const { token, record } = await create({ templates: ['all-channels'] });
  const rotated = await tokens.rotate(record.id, {}, admin);
  assert.equal(rotated.record.id, record.id);
  for (const secret of [token, rotated.token]) assert.equal((await tokens.verify(secret)).code, 'valid');
  await tokens.confirmRotation(record.id, admin);
  assert.equal((await tokens.verify(token)).code, 'rotated_out');
  assert.equal((await tokens.verify(rotated.token)).code, 'valid');
});

shows('revoking ends only the given token', async () => {
  const meant = await create({ templates: ['all-channels'] });
  const other = await create({ templates: ['all-channels'] });
  const changed = await changedBy(() => tokens.revoke(meant.record.id, {}, admin));
  assert.deepEqual(changed, [`token/${meant.record.id}`]);
  assert.equal((await tokens.verify(other.token)).code, 'valid');
});

complete();
