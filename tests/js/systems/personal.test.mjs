/** Document 002, personal access tokens. */

import assert from 'node:assert/strict';
import { catalog, codeOf, day, deployment, listed, people, secretOf } from './deployment.mjs';
import { testsOf } from './rows.mjs';

const { shows, complete } = testsOf('002');
const { tokens, start, now, everything, changedBy } = await deployment();
const { user, otherUser, organizationAdmin, root } = people;

let made = 0;
/** Each with a name of its own, unless the test is about names. */
const input = (more) => {
  made += 1;
  return { kind: 'personal', name: `Laptop ${made}`, templates: ['Policy'], ...more };
};
const create = (more, actor = user) => tokens.create(input(more), actor);

shows('a user makes their own tokens, and sees and manages no others', async () => {
  const { record } = await create();
  assert.equal(record.owner, 'user:7');
  const theirs = await create({}, otherUser);
  const { items } = await tokens.list({}, user);
  assert.ok(items.length > 1);
  for (const { owner } of items) assert.equal(owner, 'user:7');
  const changed = await changedBy(async () => {
    for (const actor of [otherUser, organizationAdmin]) {
      const forOther = tokens.create(input({ owner: 'user:7' }), actor);
      assert.equal(await codeOf(forOther), 'forbidden', actor.id);
      assert.equal(await codeOf(tokens.list({ owner: 'user:7' }, actor)), 'forbidden', actor.id);
    }
    for (const [id, actor] of [
      [record.id, otherUser],
      [record.id, organizationAdmin],
      [theirs.record.id, user],
    ]) {
      const attempts = [
        tokens.get(id, actor),
        tokens.edit(id, { templates: ['CollectionDevice'] }, actor),
        tokens.rotate(id, {}, actor),
        tokens.delete(id, actor),
      ];
      for (const attempt of attempts) assert.equal(await codeOf(attempt), 'not_found', actor.id);
    }
    assert.equal(await codeOf(create({ subject: 'user:8' })), 'forbidden');
    assert.equal(await codeOf(tokens.create(input({ owner: 'org:acme' }), root)), 'invalid_input');
  });
  assert.deepEqual(changed, []);
});

shows('only the name and the scope are chosen', async () => {
  const { record } = await create({ name: 'My laptop', templates: ['CollectionDevice'] });
  assert.equal(record.name, 'My laptop');
  assert.deepEqual(record.templates, [{ id: 'CollectionDevice', version: 1 }]);
  assert.equal(record.expiresAt, record.createdAt + 90 * day);
  for (const missing of [{ name: undefined }, { templates: undefined }]) {
    assert.equal(await codeOf(create(missing)), 'invalid_input');
  }
});

shows('no two tokens of a user have the same name', async () => {
  const name = 'Unique';
  const { record } = await create({ name });
  assert.equal(await codeOf(create({ name })), 'name_taken');
  assert.equal(await codeOf(create({ name, templates: ['CollectionDevice'] })), 'name_taken');
  const { record: theirs } = await create({ name }, otherUser);
  assert.equal(theirs.name, name, 'another user has names of their own');
  await tokens.revoke(record.id, {}, user);
  assert.equal(await codeOf(create({ name })), 'done', 'a revoked token holds no name');
  assert.equal(await codeOf(create({ name: 'UNIQUE' })), 'name_taken', 'and the next one does');
  const race = ['a', 'b', 'c', 'd'].map(() => create({ name: 'Raced' }));
  const ends = await Promise.all(race.map(codeOf));
  assert.deepEqual(ends.sort(), ['done', 'name_taken', 'name_taken', 'name_taken']);
});

shows('a name is free again once its token is deleted', async () => {
  const first = await create({ name: 'Again' });
  await tokens.delete(first.record.id, user);
  const second = await create({ name: 'Again' });
  assert.notEqual(second.record.id, first.record.id);
  assert.equal((await tokens.verify(first.token)).code, 'unknown');
});

shows('a name can be any single-line text', async () => {
  for (const name of ['x', '笔记本', 'Laptop (old) <b>', '__proto__', "Robert'); --", 'n'.repeat(100)]) {
    const { record } = await create({ name });
    assert.equal(record.name, name);
    assert.equal((await tokens.get(record.id, user)).name, name);
  }
  for (const name of ['', ' ', 'two\nlines', 'n'.repeat(101), 7, null]) {
    assert.equal(await codeOf(create({ name })), 'invalid_input', String(name));
  }
});

for (const [templates, device, policy] of [
  [['CollectionDevice'], 'valid', 'insufficient_permission'],
  [['Policy'], 'insufficient_permission', 'valid'],
  [['CollectionDevice', 'Policy'], 'valid', 'valid'],
]) {
  shows(`the scope is the token's limit: ${templates.join(' and ')}`, async () => {
    const { token } = await create({ templates });
    assert.equal((await tokens.verify(token, tokens.match('PUT', '/devices/7'))).code, device);
    assert.equal((await tokens.verify(token, tokens.match('POST', '/policies'))).code, policy);
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'insufficient_permission');
  });
}

shows('a token of a user has no more than the user', async () => {
  const wider = [{ templates: ['Policy', 'all-channels'] }, { add: ['members:manage'] }, { role: 'admin' }];
  for (const more of wider) assert.equal(await codeOf(create(more)), 'exceeds_ceiling', JSON.stringify(more));
  const nobody = { id: 'user:9', roles: {} };
  assert.equal(await codeOf(create({}, nobody)), 'exceeds_ceiling');
  assert.equal(await codeOf(create({ resource: 'user:8' })), 'exceeds_ceiling');
});

shows('the scope is chosen from a list that has CollectionDevice and Policy', async () => {
  for (const template of ['CollectionDevice', 'Policy']) {
    assert.equal(catalog.templates[template].title, template);
    await create({ templates: [template] });
  }
  assert.equal(await codeOf(create({ templates: ['Devices'] })), 'invalid_input');
  assert.equal(await codeOf(create({ templates: [] })), 'invalid_input');
});

shows('the credential is in the answer of create, and works at once', async () => {
  const { token } = await create();
  assert.match(token, new RegExp(`^${tokens.pattern()}$`));
  assert.equal((await tokens.verify(token, 'policies:read')).code, 'valid');
});

shows('the credential is shown once, and is nowhere afterwards', async () => {
  const asked = input({ idempotencyKey: 'once' });
  const { token, record } = await tokens.create(asked, user);
  const again = await tokens.create(asked, user);
  assert.deepEqual([again.token, again.record.id], [null, record.id]);
  const shown = [
    await tokens.get(record.id, user),
    await tokens.list({}, user),
    await tokens.edit(record.id, { templates: ['CollectionDevice'] }, user),
    await tokens.verify(token),
    everything(),
  ];
  assert.equal(JSON.stringify(shown).includes(secretOf(token, record)), false);
});

shows('the list shows name, scope, created and expires', async () => {
  const listed = { id: 'user:70', roles: { 'user:70': 'user' } };
  const scopes = [['CollectionDevice'], ['Policy'], ['CollectionDevice', 'Policy']];
  const records = [];
  for (const templates of scopes) records.push((await create({ templates }, listed)).record);
  const { items, next } = await tokens.list({ kind: 'personal' }, listed);
  assert.equal(next, undefined);
  const seen = items.map(({ name, templates, createdAt, expiresAt }) => {
    return { name, scope: templates.map(({ id }) => id), createdAt, expiresAt };
  });
  const newestFirst = records.toReversed().map(({ name, createdAt }, at) => {
    return { name, scope: scopes.at(-1 - at), createdAt, expiresAt: createdAt + 90 * day };
  });
  assert.deepEqual(seen, newestFirst);
  for (const { createdAt } of items) assert.ok(Math.abs(now() - createdAt) < 60_000);
});

shows('the scope of a token is edited, at once and for the same credential', async () => {
  const { token, record } = await create({ templates: ['Policy'] });
  await tokens.edit(record.id, { templates: ['CollectionDevice'] }, user);
  assert.equal((await tokens.verify(token, 'devices:configure')).code, 'valid');
  assert.equal((await tokens.verify(token, 'policies:read')).code, 'insufficient_permission');
  await tokens.edit(
    record.id,
    { templates: ['CollectionDevice', 'Policy'], remove: ['policies:delete'] },
    user,
  );
  assert.equal((await tokens.verify(token, ['devices:configure', 'policies:write'])).code, 'valid');
  assert.equal((await tokens.verify(token, 'policies:delete')).code, 'insufficient_permission');
});

shows('editing changes only the given token', async () => {
  const { record } = await create();
  const changed = await changedBy(() => tokens.edit(record.id, { templates: ['CollectionDevice'] }, user));
  assert.deepEqual(changed, [`token/${record.id}`]);
});

shows('only the scope can be edited', async () => {
  const { record } = await create();
  const changed = await changedBy(async () => {
    for (const change of [
      { name: 'Another' },
      { name: record.name },
      { description: 'Mine' },
      { tags: ['work'] },
      { metadata: { team: 'a' } },
      { conditions: null },
      { limits: null },
      { templates: ['CollectionDevice'], name: 'Another' },
    ]) {
      for (const actor of [user, root]) {
        assert.equal(
          await codeOf(tokens.edit(record.id, change, actor)),
          'forbidden',
          JSON.stringify(change),
        );
      }
    }
    for (const member of [
      'expiresAt',
      'expiresIn',
      'owner',
      'subject',
      'kind',
      'resource',
      'status',
      'permissions',
    ]) {
      const change = { templates: ['CollectionDevice'], [member]: record[member] ?? '1d' };
      assert.equal(await codeOf(tokens.edit(record.id, change, user)), 'invalid_input', member);
    }
  });
  assert.deepEqual(changed, []);
});

shows('an edit of the scope leaves every other member of the record as it was', async () => {
  const { record } = await create({
    templates: ['Policy'],
    idleAfter: '30d',
    description: 'Mine',
    tags: ['work'],
  });
  const edited = await tokens.edit(
    record.id,
    { templates: ['CollectionDevice'], add: ['policies:read'] },
    user,
  );
  const scope = {
    permissions: ['devices:configure', 'devices:read', 'devices:register', 'devices:remove', 'policies:read'],
    templates: [{ id: 'CollectionDevice', version: 1 }],
    added: ['policies:read'],
  };
  assert.deepEqual(edited, { ...record, ...scope, revision: record.revision + 1 });
  assert.deepEqual(await tokens.get(record.id, user), edited);
});

shows('a concurrent edit is not overwritten', async () => {
  const { record } = await create({ templates: ['Policy'] });
  const { id, revision } = record;
  await tokens.edit(id, { templates: ['CollectionDevice'], revision }, user);
  const changed = await changedBy(async () => {
    const late = tokens.edit(id, { templates: ['CollectionDevice', 'Policy'], revision }, user);
    assert.equal(await codeOf(late), 'conflict');
  });
  assert.deepEqual(changed, []);
});

shows('a scope is widened to no more than the user has', async () => {
  const { record } = await create({ templates: ['Policy'] });
  const changed = await changedBy(async () => {
    for (const change of [{ templates: ['Policy', 'all-channels'] }, { role: 'admin' }, { add: ['**'] }]) {
      assert.equal(
        await codeOf(tokens.edit(record.id, change, user)),
        'exceeds_ceiling',
        JSON.stringify(change),
      );
    }
    const demoted = { id: 'user:7', permissions: ['policies:read'] };
    const wider = tokens.edit(record.id, { templates: ['Policy', 'CollectionDevice'] }, demoted);
    assert.equal(await codeOf(wider), 'exceeds_ceiling');
  });
  assert.deepEqual(changed, []);
});

shows('the edit returns the new record, and the list shows it', async () => {
  const { record } = await create({ templates: ['Policy'] });
  const edited = await tokens.edit(record.id, { templates: ['CollectionDevice'] }, user);
  assert.deepEqual(edited.templates, [{ id: 'CollectionDevice', version: 1 }]);
  assert.equal(edited.revision, record.revision + 1);
  const { items } = await tokens.list({ search: record.name }, user);
  assert.deepEqual(
    items.find(({ id }) => id === record.id),
    listed(edited),
  );
});

shows('a deleted token is ended permanently', async () => {
  const { token, record } = await create();
  const { id } = record;
  assert.deepEqual(await tokens.delete(id, user), { id });
  for (const actor of [user, root]) {
    const attempts = {
      get: () => tokens.get(id, actor),
      edit: () => tokens.edit(id, { templates: ['Policy'] }, actor),
      disable: () => tokens.disable(id, actor),
      enable: () => tokens.enable(id, actor),
      rotate: () => tokens.rotate(id, {}, actor),
      revoke: () => tokens.revoke(id, {}, actor),
      'delete again': () => tokens.delete(id, actor),
    };
    for (const [attempt, call] of Object.entries(attempts))
      assert.equal(await codeOf(call()), 'not_found', attempt);
  }
  assert.equal((await (await start()).verify(token)).code, 'unknown');
  const { items } = await tokens.list({}, user);
  assert.equal(
    items.some((item) => item.id === id),
    false,
  );
});

shows('deleting ends only the given token', async () => {
  const { record } = await create();
  const other = await create();
  const changed = await changedBy(() => tokens.delete(record.id, user));
  assert.deepEqual(changed, [`token/${record.id}`]);
  assert.equal((await tokens.verify(other.token)).code, 'valid');
});

shows('deleting a token also ends every session that came from it', async () => {
  const { token, record } = await create();
  const session = await tokens.exchange(token, {});
  const further = await tokens.exchange(session.token, {});
  assert.equal((await tokens.verify(further.token, 'policies:read')).code, 'valid');
  await tokens.delete(record.id, user);
  for (const ended of [session, further]) assert.equal((await tokens.verify(ended.token)).code, 'revoked');
});

complete();
