/** The documents of the four systems, step by step, as a user follows them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

portalSuite('a permission-set token', (demo) => {
  test('is created in steps, copied once, and revoked permanently', async () => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    await ada.look('000-1-empty-list');

    await ada.button('Create access token').click();
    await page.getByLabel('Name').fill('Nightly sender');
    await page.getByLabel('Profile ID').fill('profile:42');
    await ada.look('000-2-details');
    await ada.button('Next').click();

    const recommended = page.getByRole('checkbox', { name: /One API Access – All Channels \+ Branch/ });
    await recommended.check();
    await page.getByRole('checkbox', { name: /Facebook opt-in data/ }).check();
    await ada.look('000-3-permission-sets');

    await page.getByText('Advanced options').click();
    await ada.button('Branch').click();
    const remove = page.getByRole('checkbox', { name: /^Delete flows/ });
    assert.ok(await remove.isChecked(), 'what the sets give is ticked');
    await remove.uncheck();
    const service = page.getByRole('checkbox', { name: /^Branch / });
    assert.equal(await service.evaluate((box) => box.indeterminate), true);
    await page.getByLabel('Find a permission').fill('export');
    await page.getByRole('checkbox', { name: /^Export sent messages/ }).check();
    await ada.look('000-4-advanced');
    await ada.button('Next').click();

    await page.getByLabel('Expiration').selectOption({ index: 1 });
    const summary = await page.locator('.review').innerText();
    assert.match(summary, /Export sent messages/);
    assert.doesNotMatch(summary, /Delete flows/);
    await ada.look('000-5-review');
    await ada.button('Create').click();

    await ada.heading('Access token created').waitFor();
    const credential = await ada.takeCredential();
    await ada.look('000-6-copy-once');
    await ada.button("Done, I've saved it").click();
    await ada.look('000-7-leave-without-copying');
    await ada.button('Stay').click();
    await ada.button('Copy').click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), credential);
    await ada.button("Done, I've saved it").click();

    const verdict = await demo().deployment.tokens.verify(credential, 'messages:export');
    assert.equal(verdict.code, 'valid');
    assert.equal(verdict.token.subject, 'profile:42');
    assert.equal(
      (await demo().deployment.tokens.verify(credential, 'branch:delete')).code,
      'insufficient_permission',
    );

    const row = page.getByRole('row', { name: /Nightly sender/ });
    await row.waitFor();
    await ada.look('000-8-list');
    assert.equal(await page.getByText(credential.slice(-36)).count(), 0);
    await row.getByRole('button', { name: 'Edit Nightly sender' }).click();
    await ada.heading('Edit Nightly sender').waitFor();
    await page.getByLabel('Description').fill('Sends at night');
    assert.equal(await page.getByText('Permission sets').count(), 0, 'its permissions cannot change');
    await ada.look('000-9-edit');
    await ada.button('Save changes').click();
    await ada.heading('Changes saved').waitFor();
    await ada.button('Close').click();
    await row.waitFor();
    await row.getByRole('button', { name: 'Revoke: Nightly sender' }).click();
    await ada.look('000-10-revoke');
    await page.getByText('cannot be undone').waitFor();
    await ada.button('Yes, revoke it!').click();
    await row.getByText('Revoked').waitFor();
    assert.equal((await demo().deployment.tokens.verify(credential)).code, 'revoked');
    await ada.close();
  });
});

portalSuite('an organization token', (demo) => {
  test('has a role and an expiration; revoking disables it for a time, deleting is for good', async () => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    await ada.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('organization');
    await page.getByLabel('Name').fill('Provisioning');
    await page.getByRole('radio', { name: /Admin/ }).check();
    await ada.look('001-1-create');
    await ada.button('Create').click();
    await ada.heading('Access token created').waitFor();
    const credential = await ada.takeCredential();
    await ada.button('Copy').click();
    await ada.button("Done, I've saved it").click();
    const { token } = await demo().deployment.tokens.verify(credential);
    assert.deepEqual(
      [token.role, token.resource, typeof token.technicalUser],
      ['admin', 'org:acme', 'string'],
    );

    const row = page.getByRole('row', { name: /Provisioning/ });
    await row.getByRole('button', { name: 'Active. Manage Provisioning' }).click();
    await ada.look('001-2-status');
    await ada.button('Revoke token').click();
    await ada.button('Revoke token').click();
    await row.getByText('Revoked (temporary)').waitFor();
    assert.equal((await demo().deployment.tokens.verify(credential)).code, 'disabled');

    await row.getByRole('button', { name: /Manage Provisioning/ }).click();
    await ada.button('Reinstate token').click();
    await ada.button('Reinstate token').click();
    await row.getByText('Active').waitFor();
    assert.equal((await demo().deployment.tokens.verify(credential)).code, 'valid');

    await row.getByRole('button', { name: /Manage Provisioning/ }).click();
    await ada.button('Delete token').click();
    await ada.look('001-3-delete');
    await ada.button('Delete').click();
    await row.waitFor({ state: 'detached' });
    assert.equal((await demo().deployment.tokens.verify(credential)).code, 'unknown');
    await ada.close();
  });

  test('a group administrator makes tokens of the group, and none of the organization', async () => {
    const gil = await demo().visit('gil');
    const { page } = gil;
    await gil.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('group');
    assert.equal(await page.getByRole('option', { name: /Organization/ }).count(), 0);
    await page.getByLabel('Name').fill('Group runner');
    await gil.look('001-4-group');
    await gil.button('Create').click();
    await gil.heading('Access token created').waitFor();
    const { token } = await demo().deployment.tokens.verify(await gil.takeCredential());
    assert.deepEqual([token.role, token.resource], ['user', 'org:acme/group:eng']);
    await gil.close();
  });
});

portalSuite('a personal access token', (demo) => {
  test('has a scope that is edited, and is deleted by its user', async () => {
    const ben = await demo().visit('ben');
    const { page } = ben;
    await ben.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('personal');
    await page.getByLabel('Name').fill('Laptop');
    assert.equal(
      await page.getByRole('checkbox', { name: /One API/ }).count(),
      0,
      'what she lacks is not offered',
    );
    await page.getByRole('checkbox', { name: /CollectionDevice/ }).check();
    await ben.look('002-1-create');
    await ben.button('Create').click();
    await ben.heading('Access token created').waitFor();
    const credential = await ben.takeCredential();
    await ben.button('Copy').click();
    await ben.button("Done, I've saved it").click();

    const row = page.getByRole('row', { name: /Laptop/ });
    await row.getByText('CollectionDevice').waitFor();
    await ben.look('002-2-list');

    await ben.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('personal');
    await page.getByLabel('Name').fill('Laptop');
    await page.getByRole('checkbox', { name: /Policy/ }).check();
    await ben.button('Create').click();
    await page.getByText('A token with this name already exists').waitFor();
    await ben.look('002-3-name-taken');
    await ben.button('Cancel').click();

    await row.getByRole('button', { name: /Edit/ }).click();
    await page.getByRole('checkbox', { name: /Policy/ }).check();
    await page.getByText('Gains').waitFor();
    await ben.look('002-4-edit');
    await ben.button('Save changes').click();
    await ben.heading('Scope changed').waitFor();
    await ben.look('002-5-edited');
    await ben.button('Close').click();
    assert.equal((await demo().deployment.tokens.verify(credential, 'policies:read')).code, 'valid');

    const from = page.locator('.facts div', { hasText: 'Used from' });
    const openPage = async () => {
      await demo().deployment.tokens.flush();
      await ben.button('Laptop').click();
      await from.waitFor();
      return from.innerText();
    };
    assert.match(await openPage(), /No address was recorded/, 'the use above came from nowhere');
    await page.getByRole('navigation').getByRole('button', { name: 'Access tokens' }).click();
    const called = await fetch(`${demo().origin}/policies`, {
      headers: { authorization: `Bearer ${credential}` },
    });
    assert.equal(called.status, 200);
    assert.match(await openPage(), /127\.0\.0\.1/, 'from where its bearer called');
    await page.getByRole('navigation').getByRole('button', { name: 'Access tokens' }).click();

    await row.getByRole('button', { name: /Manage Laptop/ }).click();
    await ben.button('Delete').click();
    await ben.look('002-6-delete');
    await ben.button('Revoke').click();
    await row.waitFor({ state: 'detached' });
    assert.equal((await demo().deployment.tokens.verify(credential)).code, 'unknown');
    await ben.close();
  });
});

portalSuite('a session token', (demo) => {
  test('is obtained over HTTP with a token of the portal, and ends when that token is revoked there', async () => {
    const ben = await demo().visit('ben');
    const { page } = ben;
    await ben.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('application');
    assert.equal(
      await page.getByRole('option', { name: 'Session token' }).count(),
      0,
      'sessions are exchanged only',
    );
    await page.getByLabel('Name').fill('Mobile app');
    await page.getByRole('checkbox', { name: /Use the library/ }).check();
    await ben.look('003-1-create');
    await ben.button('Create').click();
    await ben.heading('Access token created').waitFor();
    const bearer = await ben.takeCredential();
    await ben.button('Copy').click();
    await ben.button("Done, I've saved it").click();

    const session = (method, credential) =>
      fetch(`${demo().origin}/oauth20/access-token`, {
        method,
        headers: { authorization: `bearer ${credential}` },
      });
    const answer = await session('GET', bearer);
    assert.equal(answer.status, 200);
    const { access_token: first } = await answer.json();
    const { access_token: second } = await (await session('GET', bearer)).json();
    const codes = async () =>
      Promise.all(
        [first, second].map(async (credential) => (await demo().deployment.tokens.verify(credential)).code),
      );
    assert.deepEqual(await codes(), ['valid', 'valid']);
    assert.equal((await session('DELETE', first)).status, 200);
    assert.deepEqual(await codes(), ['revoked', 'valid']);

    // An exchange is not a use of the token. A use of its session, at the service that asks, is.
    await demo().deployment.tokens.verify(second, 'assets:search', { ip: '192.0.2.7' });
    const row = page.getByRole('row', { name: /Mobile app/ });
    await demo().deployment.tokens.flush();
    await ben.button('Mobile app').click();
    await ben.heading('Sessions').waitFor();
    const sessions = page.locator('leastkey-token-sessions li');
    await sessions.first().waitFor();
    assert.equal(await sessions.count(), 1, 'the one that its bearer ended is not alive');
    const from = page.locator('.facts div', { hasText: 'Used from' });
    assert.match(await from.innerText(), /192\.0\.2\.7/, 'from where the session was used');
    await ben.look('003-2-sessions');
    await sessions.getByRole('button', { name: 'End session' }).click();
    await ben.look('003-3-end-session');
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await page.getByText('No active sessions').waitFor();
    assert.deepEqual(await codes(), ['revoked', 'revoked']);
    const { access_token: third } = await (await session('GET', bearer)).json();
    assert.equal((await demo().deployment.tokens.verify(third)).code, 'valid');
    await page.getByRole('navigation').getByRole('button', { name: 'Access tokens' }).click();
    await row.getByRole('button', { name: 'Revoke: Mobile app' }).click();
    await page.getByLabel('Reason').fill('Phone lost');
    await ben.look('003-4-revoke');
    await ben.button('Yes, revoke it!').click();
    await row.getByText('Revoked').waitFor();
    assert.equal((await demo().deployment.tokens.verify(third)).code, 'revoked');
    assert.equal((await session('GET', bearer)).status, 401);
    await ben.button('Mobile app').click();
    await page.getByText('Phone lost').first().waitFor();
    await ben.look('003-5-revoked');
    await ben.close();
  });
});
