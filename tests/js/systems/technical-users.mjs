/**
 * The technical users of document 001: their permissions, and how changes of them affect their
 * tokens.
 */

import assert from 'node:assert/strict';
import { accountKey, codeOf, people } from './deployment.mjs';

const { root, organizationAdmin, groupAdmin, siblingAdmin } = people;

export function technicalUsers({ shows, deployed, input, create, levels }) {
  const { tokens, commits, changedBy } = deployed;
  const { organization, group } = levels;

  shows('the technical user is made with its first token, and has its permissions', async () => {
    const before = commits.length;
    const { token, record } = await create(organization, { role: 'user' });
    const { id, technicalUser, permissions } = record;
    assert.equal(technicalUser, `org:acme/technical-user:${id}`);
    assert.equal(commits.length, before + 1);
    for (const key of [`token/${id}`, accountKey(technicalUser)])
      assert.ok(commits.at(-1).includes(key), key);
    const account = await tokens.accounts.get(technicalUser, organizationAdmin);
    assert.deepEqual(account, {
      id: technicalUser,
      type: 'technical-user',
      title: 'Exporter',
      roles: { 'org:acme': 'user' },
      ceilings: [{ resource: 'org:acme', permissions }],
      status: 'active',
      tokens: [id],
      createdAt: record.createdAt,
      createdBy: organizationAdmin.id,
      revision: 1,
    });
    const verdict = await tokens.verify(token, 'projects:read');
    assert.deepEqual([verdict.token.technicalUser, verdict.token.subject], [technicalUser, technicalUser]);
  });

  shows('a technical user cannot be made directly, and cannot act as a person', async () => {
    const { record } = await create(organization);
    const { technicalUser } = record;
    const made = { id: 'org:acme/technical-user:0000000000000000', roles: { 'org:acme': 'admin' } };
    const changed = await changedBy(async () => {
      assert.equal(await codeOf(tokens.accounts.put(made, root)), 'invalid_input');
      const person = { id: technicalUser, roles: { 'org:acme': 'admin' } };
      assert.equal(await codeOf(tokens.create(input(organization), person)), 'invalid_input');
      assert.equal(await codeOf(tokens.get(record.id, person)), 'invalid_input');
      assert.equal(await codeOf(create(organization, { subject: 'user:7' })), 'invalid_input');
    });
    assert.deepEqual(changed, []);
  });

  shows('a disabled technical user stops its token, until it is enabled', async () => {
    const { token, record } = await create(group);
    const { technicalUser } = record;
    await tokens.accounts.disable(technicalUser, groupAdmin);
    assert.equal((await tokens.verify(token)).code, 'owner_inactive');
    assert.equal(await codeOf(tokens.accounts.enable(technicalUser, siblingAdmin)), 'not_found');
    await tokens.accounts.enable(technicalUser, groupAdmin);
    assert.equal((await tokens.verify(token)).code, 'valid');
  });

  shows('a deleted technical user stops its token for good', async () => {
    const { token, record } = await create(organization);
    const { id, technicalUser } = record;
    await tokens.accounts.delete(technicalUser, organizationAdmin);
    assert.equal((await tokens.verify(token)).code, 'owner_inactive');
    assert.equal(await codeOf(tokens.accounts.enable(technicalUser, organizationAdmin)), 'not_found');
    const again = { id: technicalUser, roles: { 'org:acme': 'admin' } };
    assert.equal(await codeOf(tokens.accounts.put(again, root)), 'not_found');
    await tokens.enable(id, organizationAdmin);
    const rotated = await tokens.rotate(id, {}, organizationAdmin);
    assert.equal((await tokens.verify(rotated.token)).code, 'owner_inactive');
  });

  shows('a demoted technical user shrinks its token; promoted again it gives at most the grant', async () => {
    const { token, record } = await create(organization, { role: 'user' });
    const held = async () => (await tokens.verify(token)).token.permissions;
    const put = (rights) => tokens.accounts.put({ id: record.technicalUser, ...rights }, organizationAdmin);
    await put({ permissions: { 'org:acme': ['projects:read'] } });
    assert.deepEqual(await held(), ['projects:read']);
    assert.equal((await tokens.verify(token, 'projects:write')).code, 'insufficient_permission');
    await put({ roles: {} });
    assert.deepEqual(await held(), []);
    await put({ roles: { 'org:acme': 'admin' } });
    assert.deepEqual(await held(), record.permissions);
    assert.equal((await tokens.verify(token, 'settings:change')).code, 'insufficient_permission');
  });

  shows('a technical user can back several tokens, and is deleted with the last of them', async () => {
    const first = await create(organization, { role: 'user' });
    const { technicalUser } = first.record;
    const second = await create(organization, { role: 'user', technicalUser });
    assert.equal(second.record.technicalUser, technicalUser);
    assert.equal(await codeOf(create(organization, { role: 'admin', technicalUser })), 'exceeds_ceiling');
    const foreign = tokens.create(
      input({ kind: 'organization', owner: 'org:other' }, { technicalUser }),
      root,
    );
    assert.equal(await codeOf(foreign), 'invalid_input');
    await tokens.delete(first.record.id, organizationAdmin);
    const left = await tokens.accounts.get(technicalUser, organizationAdmin);
    assert.deepEqual(left.tokens, [second.record.id]);
    assert.equal((await tokens.verify(second.token)).code, 'valid');
    await tokens.delete(second.record.id, organizationAdmin);
    assert.equal(await codeOf(tokens.accounts.get(technicalUser, organizationAdmin)), 'not_found');
  });
}
