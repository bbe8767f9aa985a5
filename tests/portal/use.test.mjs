/** The used and unused permissions of a token, the way to a smaller token, and its sessions. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'] },
        status: 'Read delivery status',
        export: 'Export',
      },
    },
    branch: { title: 'Branch', permissions: { read: 'Read flows', delete: 'Delete flows' } },
  },
  templates: { everything: { title: 'Everything there is', permissions: ['**'] } },
  kinds: { adjustable: { title: 'Adjustable token', editable: ['permissions', 'name'] } },
};
const actor = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

/**
 * Tokens that were made and used 40 days ago and later, in a store of the page. Runs in the page.
 */
async function useOldTokens({ catalog, actor }) {
  const { createTokens } = await import('/package/browser/index.js');
  const { indexedDbStore } = await import('/package/browser/stores-indexeddb.js');
  const store = await indexedDbStore({ name: 'use' });
  const DAY = 86_400_000;
  const clock = { now: Date.now() - 40 * DAY };
  const past = await createTokens({ catalog, store, prefix: 'acme_test', now: () => clock.now });
  const input = (kind, name) => ({
    kind,
    name,
    owner: 'org:acme',
    templates: ['everything'],
    expiresIn: '300d',
  });
  const use = async (credential, requirement, days) => {
    clock.now = Math.max(clock.now, Date.now() - days * DAY);
    if (!(await past.verify(credential, requirement)).valid) throw new Error('it was refused');
    await past.flush();
  };
  const adjustable = await past.create(input('adjustable', 'Broad'), actor);
  const fixed = await past.create(input('permission-set', 'Broad for good'), actor);
  const blind = await past.create(input('adjustable', 'Untold'), actor);
  await use(adjustable.token, 'branch:read', 38);
  await use(adjustable.token, 'messages:send', 2);
  await use(fixed.token, 'messages:send', 2);
  await use(blind.token, undefined, 2);
  await use(blind.token, 'messages:send', 1);
  const tokens = await createTokens({ catalog, store, prefix: 'acme_test' });
  const session = await tokens.exchange(fixed.token, { permissions: ['messages:status'], name: 'Phone' });
  const portal = document.createElement('leastkey-portal');
  Object.assign(portal, { tokens, actor });
  document.querySelector('leastkey-portal').replaceWith(portal);
  Object.assign(globalThis, { tokens, actor });
  return { session: session.token, adjustable: adjustable.record.id };
}

portalSuite('the use of a token', (demo) => {
  test('shows unused permissions, and proposes a smaller token', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    const { session, adjustable } = await page.evaluate(useOldTokens, { catalog, actor });
    const row = (name) => page.getByRole('row', { name });
    await row('Broad for good').getByText('Broader than it needs').waitFor();
    assert.equal(await page.getByText('Broader than it needs').count(), 2);
    assert.equal(
      await row('Untold').getByText('Broader').count(),
      0,
      'of what is not known nothing is claimed',
    );
    await visit.look('use-1-list');

    // Permissions that sending implies are needed, although no request named them.
    await visit.button('Broad').click();
    await page
      .getByText('3 of 5 permissions were not used for 38 days: Delete flows, Read flows, and Export.')
      .waitFor();
    await page.getByText('All permissions').click();
    await visit.button('Branch').click();
    await page.getByText('last used 38 days ago').waitFor();
    await page.getByText('not used since').first().waitFor();
    await visit.look('use-2-page');
    await visit.button('Reduce to used permissions').click();
    await visit.heading('Edit Broad').waitFor();
    await page.getByText('Loses').waitFor();
    assert.equal(await page.getByText('Gains').count(), 0);
    await visit.look('use-3-narrow');
    await visit.button('Save changes').click();
    await visit.heading('Changes saved').waitFor();
    const { permissions } = await page.evaluate(
      (id) => globalThis.tokens.get(id, globalThis.actor),
      adjustable,
    );
    assert.deepEqual(permissions, ['messages:send', 'messages:status']);
    await visit.button('Close').click();
    await row('Broad for good').getByText('Broader than it needs').waitFor();
    assert.equal(await page.getByText('Broader than it needs').count(), 1);

    // If permissions cannot change, a new token replaces it.
    await visit.button('Broad for good').click();
    await page.getByText('Phone').waitFor();
    await visit.look('use-4-sessions');
    await visit.button('Create a token with fewer permissions').click();
    await visit.heading('Create access token').waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'Broad for good');
    await visit.button('Next').click();
    await page.getByText('2 of 5 permissions selected').waitFor();
    await visit.button('Cancel').click();

    await visit.button('Broad for good').click();
    await visit.button('Phone').click();
    await visit.heading('Phone').waitFor();
    await visit.button('The token that this session came from').click();
    await visit.heading('Broad for good').waitFor();
    const verify = () =>
      page.evaluate(async (token) => (await globalThis.tokens.verify(token)).code, session);
    assert.equal(await verify(), 'valid');
    await page.locator('leastkey-token-sessions').getByRole('button', { name: 'Revoke' }).click();
    await visit.button('End session').click();
    await page.getByText('No active sessions').waitFor();
    assert.equal(await verify(), 'revoked');
    await visit.close();
  });

  test('over HTTP is written by the server and shown on the page of the token', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    const { tokens } = demo().deployment;
    const input = { kind: 'permission-set', owner: 'org:acme', name: 'In use', templates: ['all-channels'] };
    const admin = { id: 'user:1', roles: { 'org:acme': 'admin' } };
    const { token } = await tokens.create(input, admin);
    const sent = await fetch(`${demo().origin}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: 'x', text: 'y' }),
    });
    assert.equal(sent.status, 201);
    await tokens.flush();
    await page.reload();
    await visit.button('In use').click();
    await page.getByText(/^1 of 2 permissions used since/).waitFor();
    await visit.close();
  });
});
