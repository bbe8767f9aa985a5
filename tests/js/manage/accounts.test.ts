/** Owners and technical users as accounts: who manages them, and how they affect their tokens. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccountInput, Actor, LeastkeyError, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, stranger } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';

const root: Actor = { id: 'user:root', roles: { '': 'admin' } };
const roles = { user: { title: 'User', permissions: ['branch:read'] } };
const withRoles = () => deployment({ catalog: { ...catalog, roles } });

const code = async (tokens: Tokens, credential: string, requirement?: string) =>
  (await tokens.verify(credential, requirement)).code;

describe('the account of an owner', () => {
  test('put, read, put again, disabled, enabled, deleted', async () => {
    const tokens = await withRoles();
    const { token } = await createToken(tokens, { templates: ['sender', 'branches'] });
    const put = await tokens.accounts.put(
      {
        id: 'org:acme',
        title: 'Acme',
        roles: { 'org:acme': 'user' },
        permissions: { 'org:acme': ['messages:*'] },
      },
      root,
    );
    const { createdAt } = put;
    assert.deepEqual(put, {
      id: 'org:acme',
      type: 'owner',
      title: 'Acme',
      roles: { 'org:acme': 'user' },
      ceilings: [
        {
          resource: 'org:acme',
          permissions: ['branch:read', 'messages:export', 'messages:send', 'messages:status'],
        },
      ],
      status: 'active',
      createdAt,
      createdBy: 'user:root',
      revision: 1,
    });
    assert.deepEqual(await tokens.accounts.get('org:acme', root), put);
    // The ceiling applies to existing tokens too.
    assert.equal(await code(tokens, token, 'branch:read'), 'valid');
    assert.equal(await code(tokens, token, 'branch:create'), 'insufficient_permission');
    const wanted: AccountInput = { id: 'org:acme', roles: { 'org:acme': 'admin' }, revision: 1 };
    const raised = await tokens.accounts.put(wanted, root);
    assert.deepEqual([raised.title, raised.revision], ['Acme', 2]);
    assert.equal(await code(tokens, token, 'branch:create'), 'valid');
    await assert.rejects(tokens.accounts.put(wanted, root), { code: 'conflict', path: 'revision' });
    const disabled = await tokens.accounts.disable('org:acme', root);
    assert.deepEqual(
      [disabled.status, disabled.heldAt, disabled.statusChangedBy, disabled.revision],
      ['disabled', '', 'user:root', 3],
    );
    assert.equal(await code(tokens, token), 'owner_inactive');
    await assert.rejects(createToken(tokens), { code: 'forbidden' });
    assert.equal((await tokens.accounts.enable('org:acme', root)).status, 'active');
    assert.equal(await code(tokens, token), 'valid');
    assert.deepEqual(await tokens.accounts.delete('org:acme', root), { id: 'org:acme' });
    assert.equal(await code(tokens, token), 'owner_inactive');
    // It never comes back.
    for (const call of [
      tokens.accounts.get('org:acme', root),
      tokens.accounts.put({ ...wanted, revision: 0 }, root),
    ]) {
      await assert.rejects(call, ({ code }) => ['not_found', 'invalid_input'].includes(code));
    }
    await assert.rejects(tokens.accounts.put({ id: 'org:acme', roles: {} }, root), { code: 'not_found' });
  });

  test('limits everything below it', async () => {
    const tokens = await withRoles();
    const { token } = await createToken(tokens, { owner: 'org:acme/group:eng', templates: ['branches'] });
    await tokens.accounts.put({ id: 'org:acme', roles: { 'org:acme': 'user' } }, root);
    assert.equal(await code(tokens, token, 'branch:create'), 'insufficient_permission');
    await tokens.accounts.disable('org:acme', root);
    assert.equal(await code(tokens, token), 'owner_inactive');
  });

  test('of the subject limits the token that acts as it', async () => {
    const tokens = await withRoles();
    const { token } = await createToken(tokens, { subject: 'user:7' });
    await tokens.accounts.put({ id: 'user:7', permissions: { 'org:acme': ['messages:*'] } }, root);
    assert.equal(await code(tokens, token, 'messages:send'), 'valid');
    await tokens.accounts.disable('user:7', root);
    assert.equal(await code(tokens, token), 'owner_inactive');
  });

  test('limits its own actor: the host and the account must both allow it', async () => {
    const tokens = await withRoles();
    await tokens.accounts.put({ id: 'user:ada', roles: { 'org:acme': 'user' } }, root);
    await assert.rejects(createToken(tokens), { code: 'forbidden' });
    await tokens.accounts.put({ id: 'user:ada', roles: { 'org:acme': 'admin' } }, root);
    const { id } = await createToken(tokens);
    await tokens.accounts.disable('user:ada', root);
    for (const call of [
      tokens.revoke(id, {}, admin),
      tokens.get(id, admin),
      tokens.list({ owner: 'org:acme' }, admin),
    ]) {
      await assert.rejects(call, { code: 'forbidden' });
    }
  });
});

describe('accounts are managed from above', () => {
  const put = { id: 'org:acme/group:eng', roles: { 'org:acme/group:eng': 'user' } };
  const group: Actor = { id: 'user:1', roles: { 'org:acme/group:eng': 'admin' } };

  test('not by themselves, and not by their own admins', async () => {
    const tokens = await withRoles();
    await tokens.accounts.put(put, admin);
    for (const call of ['disable', 'enable', 'delete'] as const) {
      await assert.rejects(tokens.accounts[call](put.id, group), { code: 'forbidden' }, call);
      await assert.rejects(tokens.accounts[call](put.id, stranger), { code: 'not_found' }, call);
    }
    await assert.rejects(tokens.accounts.put({ ...put, roles: { '': 'admin' } }, group), {
      code: 'forbidden',
    });
    assert.equal((await tokens.accounts.get(put.id, group)).id, put.id);
    await assert.rejects(tokens.accounts.get(put.id, stranger), { code: 'not_found' });
    await assert.rejects(tokens.accounts.put({ id: 'org:acme', roles: {} }, admin), { code: 'forbidden' });
  });

  test('an account that was disabled from above is enabled from there', async () => {
    const tokens = await withRoles();
    await tokens.accounts.put(put, admin);
    await tokens.accounts.disable(put.id, root);
    await assert.rejects(tokens.accounts.enable(put.id, admin), { code: 'forbidden' });
    assert.equal((await tokens.accounts.enable(put.id, root)).status, 'active');
  });

  const refusals: [title: string, input: unknown, code: string, path?: string][] = [
    ['no id', { roles: {} }, 'invalid_input', 'id'],
    ['the root', { id: '', roles: {} }, 'invalid_input', 'id'],
    ['neither roles nor permissions', { id: 'org:acme/group:x' }, 'invalid_input', 'roles'],
    ['a role that is none', { id: 'org:acme/group:x', roles: { 'org:acme': 'boss' } }, 'invalid_input'],
    [
      'a pattern that means nothing',
      { id: 'org:acme/group:x', permissions: { 'org:acme': ['x:*'] } },
      'invalid_input',
    ],
    ['an unknown member', { id: 'org:acme/group:x', roles: {}, status: 'active' }, 'invalid_input', 'status'],
    [
      'what its maker does not have',
      { id: 'org:acme/group:x', roles: { 'org:other': 'user' } },
      'exceeds_ceiling',
    ],
    ['another revision of none', { id: 'org:acme/group:x', roles: {}, revision: 1 }, 'conflict', 'revision'],
    [
      'a technical user',
      { id: 'org:acme/technical-user:0123456789abcdef', roles: {} },
      'invalid_input',
      'id',
    ],
  ];
  for (const [title, wanted, expected, path] of refusals) {
    test(`refuses ${title}`, async () => {
      const store = memoryStore();
      const tokens = await deployment({ store, catalog: { ...catalog, roles } });
      await assert.rejects(tokens.accounts.put(wanted as AccountInput, admin), (error: LeastkeyError) => {
        assert.equal(error.code, expected, error.message);
        if (path !== undefined) assert.equal(error.path, path, error.message);
        return true;
      });
      assert.deepEqual(entriesOf(store), []);
    });
  }
});

describe('a technical user (P16)', () => {
  const made = { kind: 'organization', role: 'user', templates: undefined, expiresIn: '30d' };

  test('is created with its first token, can back more, and is deleted with its last', async () => {
    const tokens = await withRoles();
    const first = await createToken(tokens, { ...made, name: 'First' });
    const id = first.record.technicalUser as string;
    assert.equal(id, `org:acme/technical-user:${first.id}`);
    assert.equal(first.record.subject, id);
    const second = await createToken(tokens, { ...made, name: 'Second', technicalUser: id });
    const account = await tokens.accounts.get(id, admin);
    assert.deepEqual(
      [account.type, account.tokens, account.title],
      ['technical-user', [first.id, second.id], 'First'],
    );
    const { token } = await tokens.verify(second.token);
    assert.deepEqual([token?.technicalUser, token?.subject], [id, id]);
    await tokens.delete(first.id, admin);
    assert.deepEqual((await tokens.accounts.get(id, admin)).tokens, [second.id]);
    await tokens.delete(second.id, admin);
    await assert.rejects(tokens.accounts.get(id, admin), { code: 'not_found' });
  });

  test('demoted, disabled, deleted: its tokens are narrowed, or stop, at once', async () => {
    const tokens = await withRoles();
    const { token, record } = await createToken(tokens, { ...made, role: 'admin' });
    const id = record.technicalUser as string;
    assert.equal(await code(tokens, token, 'messages:send'), 'valid');
    await tokens.accounts.put({ id, roles: { 'org:acme': 'user' } }, admin);
    assert.equal(await code(tokens, token, 'messages:send'), 'insufficient_permission');
    assert.equal(await code(tokens, token, 'branch:read'), 'valid');
    await tokens.accounts.disable(id, admin);
    assert.equal(await code(tokens, token), 'owner_inactive');
    await tokens.accounts.enable(id, admin);
    assert.equal(await code(tokens, token), 'valid');
    await tokens.accounts.delete(id, admin);
    assert.equal(await code(tokens, token), 'owner_inactive');
  });

  test('is never treated as a person: its name gives no rights', async () => {
    const tokens = await withRoles();
    const { record } = await createToken(tokens, made);
    const posing: Actor = { id: record.technicalUser as string, roles: { '': 'admin' } };
    for (const call of [
      tokens.get(record.id, posing),
      createToken(tokens, { ...made, name: 'B' }).then(() => tokens.create(input(), posing)),
    ]) {
      await assert.rejects(call, { code: 'invalid_input', path: 'actor.id' });
    }
    await assert.rejects(createToken(tokens, { ...made, subject: 'user:7' }), {
      code: 'invalid_input',
      path: 'subject',
    });
    await assert.rejects(createToken(tokens, { technicalUser: record.technicalUser }), {
      code: 'invalid_input',
      path: 'technicalUser',
    });
  });

  test('of another owner cannot back tokens here', async () => {
    const tokens = await withRoles();
    const both: Actor = { id: 'user:both', roles: { 'org:acme': 'admin', 'org:other': 'admin' } };
    const { record } = await tokens.create({ ...input(made), owner: 'org:other' }, both);
    const wanted = { ...input(made), name: 'B', technicalUser: record.technicalUser as string };
    await assert.rejects(tokens.create(wanted, both), { code: 'invalid_input', path: 'technicalUser' });
  });
});

describe('an actor that is a token', () => {
  const made = { kind: 'organization', role: 'admin', templates: undefined, expiresIn: '30d' };

  test('does what its current record allows, and nothing after its end', async () => {
    const tokens = await withRoles();
    const { id: own, record } = await createToken(tokens, made);
    const actor: Actor = { token: own };
    const { record: given } = await tokens.create(input({ name: 'By a token', expiresIn: '10d' }), actor);
    assert.equal(given.createdBy, `token:${own}`);
    // No longer than its own lifetime.
    await assert.rejects(tokens.create(input({ name: 'B', expiresIn: '31d' }), actor), {
      code: 'exceeds_ceiling',
    });
    await assert.rejects(tokens.create(input({ name: 'B' }), actor), {
      code: 'exceeds_ceiling',
      path: 'expiresAt',
    });
    await assert.rejects(tokens.create(input({ owner: 'org:other', expiresIn: '1d' }), actor), {
      code: 'forbidden',
    });
    await assert.rejects(tokens.get(own, { token: given.id }), { code: 'not_found' }, 'it is no admin');
    // After its technical user is demoted, it is no longer an admin.
    const id = record.technicalUser as string;
    await tokens.accounts.put({ id, roles: { 'org:acme': 'user' } }, admin);
    await assert.rejects(tokens.create(input({ name: 'B', expiresIn: '1d' }), actor), {
      code: 'forbidden',
    });
    await tokens.disable(own, admin);
    for (const call of [tokens.list({ owner: 'org:acme' }, actor), tokens.revoke(given.id, {}, actor)]) {
      await assert.rejects(call, { code: 'forbidden' });
    }
    await assert.rejects(tokens.get(given.id, { token: 'x' }), {
      code: 'invalid_input',
      path: 'actor.token',
    });
    await assert.rejects(tokens.get(given.id, { token: own, id: 'user:7' } as never), {
      code: 'invalid_input',
    });
  });
});
