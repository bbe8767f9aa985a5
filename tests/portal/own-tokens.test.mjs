/**
 * The element on the page's own tokens: a store in the browser, a catalog without kinds, other
 * texts, and the life of a token.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

/** Replaces the element of the page by one on tokens in IndexedDB. Runs in the page. */
async function useOwnTokens({ catalog, actor, name, strings, made = [] }) {
  const { createTokens } = await import('/package/browser/index.js');
  const { indexedDbStore } = await import('/package/browser/stores-indexeddb.js');
  const store = await indexedDbStore({ name });
  const tokens = await createTokens({ catalog, store, prefix: 'acme_test' });
  const records = [];
  for (const input of made) records.push((await tokens.create(input, actor)).record);
  const portal = document.createElement('leastkey-portal');
  Object.assign(portal, { tokens, actor, ...(strings === undefined ? {} : { strings }) });
  document.querySelector('leastkey-portal').replaceWith(portal);
  Object.assign(globalThis, { tokens, actor });
  return records;
}

const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: { send: { title: 'Send', implies: ['messages:status'] }, status: 'Read delivery status' },
    },
    old: {
      title: 'Old',
      permissions: { fax: { title: 'Send a fax', deprecated: { replacement: 'messages:send' } } },
    },
  },
  templates: { sender: { title: 'Sender', permissions: ['messages:send'] } },
  roles: { user: { title: 'User', permissions: ['messages:status'] } },
};
const ada = {
  id: 'user:ada',
  roles: { 'org:acme': 'admin', 'org:acme/group:eng': 'admin', 'user:ada': 'admin' },
};

portalSuite("tokens of the page's own", (demo) => {
  test('are made, looked at and rotated without a server', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    await page.evaluate(useOwnTokens, { catalog, actor: ada, name: 'own' });
    await visit.heading('No access tokens yet').waitFor();
    const before = visit.seen.requests.length;
    await visit.button('Create access token').click();
    await page.getByLabel('Name').fill('Local');
    await visit.button('Next').click();
    await page.getByRole('checkbox', { name: /^Sender/ }).check();
    await page.getByText('Advanced options').click();
    await page.getByLabel('Find a permission').fill('status');
    await page.getByRole('checkbox', { name: /^Read delivery status/ }).uncheck();
    await page.getByText('Read delivery status was removed, although Send usually needs it.').waitFor();
    await page.getByRole('checkbox', { name: /^Read delivery status/ }).check();
    await page.getByLabel('Find a permission').fill('fax');
    await page.getByRole('checkbox', { name: /^Send a fax/ }).check();
    await page.getByText('Send a fax is deprecated. Use Send instead.').waitFor();
    await page.getByRole('checkbox', { name: /^Send a fax/ }).uncheck();
    await visit.button('Next').click();
    await page.getByLabel('Expiration').selectOption('day');
    await page.getByLabel('Day', { exact: true }).fill('2020-01-01');
    await page.getByText('Choose a day in the future.').waitFor();
    await page.getByLabel('Expiration').selectOption('never');
    await page.getByText('Never expires.').waitFor();
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    const credential = await visit.takeCredential();
    const download = page.waitForEvent('download');
    await visit.button('Download as .env line').click();
    const stream = await (await download).createReadStream();
    assert.equal(Buffer.concat(await stream.toArray()).toString(), `LOCAL_TOKEN=${credential}\n`);
    await visit.button("Done, I've saved it").click();

    await visit.button('Local').click();
    await visit.heading('History').waitFor();
    await page.getByText('Created', { exact: true }).first().waitFor();
    await page.getByText('All permissions').click();
    await visit.look('token-1-page');

    await visit.button('Rotate secret').click();
    await page.getByLabel('The old secret works for').selectOption({ label: '1 hour' });
    await visit.look('token-2-rotate');
    await visit.button('Create new secret').click();
    await visit.heading('New secret created').waitFor();
    const successor = await visit.takeCredential();
    await visit.look('token-3-new-secret');
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    await page.getByText('Two secrets are valid').waitFor();
    await visit.look('token-4-two-secrets');
    const codes = () =>
      page.evaluate(
        (texts) => Promise.all(texts.map(async (text) => (await globalThis.tokens.verify(text)).code)),
        [credential, successor],
      );
    assert.deepEqual(await codes(), ['valid', 'valid']);
    await visit.button('End the old secret now').click();
    await page.getByText('Two secrets are valid').waitFor({ state: 'detached' });
    assert.deepEqual(await codes(), ['rotated_out', 'valid']);
    assert.deepEqual(
      visit.seen.requests.slice(before).filter((request) => request.includes('/leastkey/v1/')),
      [],
    );
    await visit.close();
  });

  test('another language is another table', async () => {
    const visit = await demo().visit('ada');
    const strings = {
      'portal.title': 'Zugriffstoken',
      'list.create': 'Token anlegen',
      'list.count.other': '{count} Token',
    };
    await visit.page.evaluate(useOwnTokens, { catalog, actor: ada, name: 'german', strings });
    await visit.heading('Zugriffstoken').waitFor();
    await visit.button('Token anlegen').waitFor();
    await visit.page.getByText('0 Token', { exact: true }).waitFor();
    await visit.close();
  });

  test('a user who manages nothing sees a message', async () => {
    const visit = await demo().visit('ada');
    await visit.page.evaluate(useOwnTokens, { catalog, actor: { id: 'nobody' }, name: 'nobody' });
    await visit.heading('You cannot manage tokens here').waitFor();
    assert.equal(await visit.button('Create access token').count(), 0);
    await visit.look('refused-1');
    await visit.close();
  });

  test('what a built-in kind offers is what the core allows', async () => {
    const owners = {
      'permission-set': 'org:acme',
      organization: 'org:acme',
      group: 'org:acme/group:eng',
      personal: 'user:ada',
    };
    const made = Object.entries(owners).map(([kind, owner]) => ({
      kind,
      owner,
      name: `Of kind ${kind}`,
      templates: ['sender'],
      expiresIn: '1d',
    }));
    const visit = await demo().visit('ada');
    const { page } = visit;
    const records = await page.evaluate(useOwnTokens, { catalog, actor: ada, name: 'kinds', made });
    for (const { id, kind, owner, name } of records) {
      await page.getByLabel('Owner').selectOption(owner);
      const row = page.getByRole('row', { name: new RegExp(name) });
      await row.waitFor();
      await row.getByRole('button', { name: `Edit ${name}` }).click();
      await visit.heading(new RegExp(`^Edit.* ${name}$`)).waitFor();
      const editable = (await page.getByText('Advanced options').count()) > 0;
      await visit.button('Cancel').click();
      await row.getByRole('button', { name: /Manage/ }).click();
      const offered = await page.locator('dialog[open] .choices button').allInnerTexts();
      await visit.button('Close').click();
      const allowed = await page.evaluate(tryAll, { id });
      const words = { disable: ['Disable', 'Revoke'], rotate: ['Rotate secret'], delete: ['Delete'] };
      for (const [action, labels] of Object.entries(words)) {
        // "Revoke" means revoking if the kind offers it, and disabling if the kind says so.
        const has = labels.some(
          (label) => offered.includes(label) && !(label === 'Revoke' && offered.includes('Disable')),
        );
        assert.equal(has, allowed[action], `${kind}: ${action} is offered ${offered}`);
      }
      assert.equal(editable, allowed.edit, `${kind}: editing the scope`);
    }
    await visit.close();
  });
});

/** The actions that are possible on a token. Runs in the page. */
async function tryAll({ id }) {
  const { tokens, actor } = globalThis;
  const works = async (call) => {
    try {
      await call();
      return true;
    } catch {
      return false;
    }
  };
  const disable = await works(() => tokens.disable(id, actor));
  if (disable) await tokens.enable(id, actor);
  const rotate = await works(() => tokens.rotate(id, { grace: 0 }, actor));
  const edit = await works(() => tokens.edit(id, { add: ['messages:status'] }, actor));
  return { disable, rotate, edit, delete: await works(() => tokens.delete(id, actor)) };
}
