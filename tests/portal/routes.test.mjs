/**
 * Screens have addresses: back, forward, reload and links work, and none of them leaves a new
 * secret without a confirmation.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const ada = { id: 'user:1', roles: { 'org:acme': 'admin' } };

async function made(demo, name) {
  const input = { kind: 'permission-set', owner: 'org:acme', name, templates: ['all-channels'] };
  return (await demo.deployment.tokens.create(input, ada)).record;
}

portalSuite('the address of a screen', (demo) => {
  test('follows list, token, edit and form, forward and back, and can be reloaded', async () => {
    const { id } = await made(demo(), 'Addressed');
    const visit = await demo().visit('ada');
    const { page } = visit;
    const fragment = () => page.evaluate(() => location.hash);
    await visit.button('Addressed').waitFor();
    assert.equal(await fragment(), '#/tokens?owner=org%3Aacme');
    await visit.button('Addressed').click();
    await visit.heading('Addressed').waitFor();
    assert.equal(await fragment(), `#/tokens/${id}`);
    await visit.button('Edit').click();
    await visit.heading('Edit Addressed').waitFor();
    assert.equal(await fragment(), `#/tokens/${id}/edit`);
    await page.goBack();
    await visit.heading('Addressed').waitFor();
    await page.goBack();
    await visit.heading('Access tokens').waitFor();
    await page.goForward();
    await visit.heading('Addressed').waitFor();
    await page.reload();
    await visit.heading('Addressed').waitFor();

    const address = page.url();
    const other = await demo().visit('ada', new URL(address).pathname + new URL(address).hash);
    await other.heading('Addressed').waitFor();
    await other.button('Rotate secret').waitFor();
    await other.close();
    await visit.button('Access tokens').click();
    await visit.button('Create access token').click();
    assert.equal(await fragment(), '#/new?owner=org%3Aacme');
    await page.reload();
    await visit.heading('Create access token').waitFor();
    await page.goBack();
    await visit.heading('Access tokens').waitFor();
    await visit.close();
  });

  test('of a token of another owner opens that owner', async () => {
    const ben = { id: 'user:7', roles: { 'user:7': 'user' } };
    const input = {
      kind: 'personal',
      owner: 'user:7',
      name: 'Of Ben',
      templates: ['Policy'],
      expiresIn: '30d',
    };
    const { record } = await demo().deployment.tokens.create(input, ben);
    const visit = await demo().visit('ben', `/#/tokens/${record.id}`);
    await visit.heading('Of Ben').waitFor();
    await visit.button('Edit scope').waitFor();
    await visit.close();
    // Other users learn nothing of it.
    const ada = await demo().visit('ada', `/#/tokens/${record.id}`);
    await ada.page.getByText('This token no longer exists').waitFor();
    assert.equal(await ada.heading('Of Ben').count(), 0);
    await ada.heading('Access token').waitFor();
    await ada.look('routes-2-not-there');
    await ada.close();
  });

  test('is not kept for the next person', async () => {
    const { id } = await made(demo(), 'Of Ada');
    const visit = await demo().visit('ada', `/#/tokens/${id}`);
    await visit.heading('Of Ada').waitFor();
    await visit.page.getByLabel('Signed in as').selectOption('ben');
    await visit.heading('Access tokens').waitFor();
    assert.doesNotMatch(visit.page.url(), new RegExp(id));
    await visit.close();
  });

  test('of an unknown screen opens the list', async () => {
    for (const hash of ['#/nothing', '#/tokens/../x', '#x', '#/tokens?owner=%']) {
      const visit = await demo().visit('ada', `/${hash}`);
      await visit.heading('Access tokens').waitFor();
      await visit.close();
    }
  });

  test('of a template link goes on to the list, and back', async () => {
    const visit = await demo().visit('ada', '/?template=all-channels&name=Linked');
    const { page } = visit;
    await visit.heading('Create access token').waitFor();
    await visit.button('Cancel').click();
    await visit.heading('Access tokens').waitFor();
    await page.goBack();
    await visit.heading('Create access token').waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'Linked');
    await visit.close();
  });

  test('is not left while a secret is shown, unless the user confirms', async () => {
    const visit = await demo().visit('ada', '/?template=all-channels&name=Guarded');
    const { page } = visit;
    await visit.button('Cancel').click();
    await visit.button('Create access token').click();
    await page.getByLabel('Name').fill('Guarded');
    await visit.button('Next').click();
    await page.getByRole('checkbox').first().check();
    await visit.button('Next').click();
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    const credential = await visit.takeCredential();
    await page.evaluate(() => history.back());
    await visit.heading('Leave without copying?').waitFor();
    await visit.look('routes-1-leave');
    assert.equal(await page.getByRole('textbox', { name: 'Access token' }).inputValue(), credential);
    await visit.button('Stay').click();
    await visit.heading('Access token created').waitFor();
    assert.equal(await visit.takeCredential(), credential);
    await page.evaluate(() => history.back());
    await visit.button('Leave anyway').click();
    await visit.heading('Access tokens').waitFor();
    // It is not shown again after back or forward.
    for (const move of ['back', 'back', 'forward', 'forward', 'forward']) {
      await page.evaluate((move) => history[move](), move);
      await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
      assert.equal(await page.getByRole('textbox', { name: 'Access token' }).count(), 0);
    }
    await visit.close();
  });
});
