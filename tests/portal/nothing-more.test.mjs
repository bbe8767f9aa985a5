/** Only visible permissions are given, and typed text is never dropped. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const ada = { id: 'user:1', roles: { 'org:acme': 'admin' } };

/** The only token with a name. */
async function tokenOf(demo, name) {
  const { items } = await demo.deployment.tokens.list({ owner: 'org:acme', search: name }, ada);
  assert.equal(items.length, 1);
  return items[0];
}

/** Opens the form of a permission-set token at its second step. */
async function atPermissions(demo, name) {
  const visit = await demo().visit('ada');
  await visit.button('Create access token').click();
  await visit.page.getByLabel('Name').fill(name);
  await visit.button('Next').click();
  await visit.page.getByText('Advanced options').click();
  return visit;
}

portalSuite('a tree of which a part is shown', (demo) => {
  test('gives through a service only visible permissions, and says so', async () => {
    const visit = await atPermissions(demo, 'Filtered');
    const { page } = visit;
    const service = page.locator('.tree').getByRole('checkbox', { name: /^Profiles / });
    const count = page.locator('summary', { hasText: 'Advanced options' });
    await page.getByLabel('Find a permission').fill('delete profiles');
    await page.getByText('0 / 3 · 1 shown').waitFor();
    await service.check();
    await page.getByRole('status').getByText('Added: Delete profiles.').waitFor();
    await page.getByText('2 permissions here are not shown and were not changed.').waitFor();
    assert.match(await count.innerText(), /1 of \d+ permissions selected/);
    assert.ok(await service.isChecked(), 'all that is in sight is given');
    await visit.look('more-1-filtered');

    await page.getByLabel('Find a permission').fill('');
    assert.equal(await page.getByText('were not changed').count(), 0, 'they are in sight now');
    assert.equal(await service.evaluate((box) => box.indeterminate), true, 'of all, it is a part');
    await page.getByText('1 / 3', { exact: true }).waitFor();
    await page.getByLabel('Find a permission').fill('read profiles');
    assert.ok(!(await service.isChecked()));
    assert.equal(await service.evaluate((box) => box.indeterminate), false, 'of what is in sight, nothing');

    // Permissions that it implies are not visible either, and are named.
    await page.getByLabel('Find a permission').fill('update profiles');
    await service.check();
    await page
      .getByRole('status')
      .getByText('Added: Read profiles and Create and update profiles.')
      .waitFor();
    await page.getByLabel('Find a permission').fill('delete profiles');
    await service.uncheck();
    await page.getByRole('status').getByText('Removed: Delete profiles.').waitFor();
    await visit.button('Next').click();
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    const { permissions } = await tokenOf(demo(), 'Filtered');
    assert.deepEqual(permissions, ['profiles:read', 'profiles:write']);
    await visit.close();
  });

  test('removes through a service the given permissions, if only those are shown', async () => {
    const visit = await atPermissions(demo, 'Only given');
    const { page } = visit;
    await visit.button('Data').click();
    await page.getByRole('checkbox', { name: /^Read data/ }).check();
    await page.getByRole('checkbox', { name: /^Import data/ }).check();
    await page.getByLabel('Selected only').check();
    const service = page.locator('.tree').getByRole('checkbox', { name: /^Data / });
    await page.getByText('2 / 3 · 2 shown').waitFor();
    assert.ok(await service.isChecked(), 'a click takes them; the third is never given by it');
    await service.press('Space');
    await page.getByRole('status').getByText('Removed: Import data and Read data.').waitFor();
    const find = page.getByLabel('Find a permission');
    await find.evaluate(
      (field) =>
        new Promise((resolve) => {
          const look = () =>
            field.getRootNode().activeElement === field ? resolve() : requestAnimationFrame(look);
          look();
        }),
    );
    assert.match(
      await page.locator('summary', { hasText: 'Advanced options' }).innerText(),
      /0 of \d+ permissions selected/,
    );
    await visit.close();
  });
});

portalSuite('what is typed and not added', (demo) => {
  const only = (page) => page.getByLabel('Only on', { exact: true });

  test('narrows the created token: Next adds the typed text', async () => {
    const visit = await atPermissions(demo, 'Typed');
    const { page } = visit;
    await page.getByRole('checkbox', { name: /^One API Access – All Channels Use/ }).check();
    await page.locator('leastkey-narrowing select').selectOption('messages:send');
    await only(page).fill('org:other');
    // It was collapsed, and is expanded.
    await page.locator('summary', { hasText: 'Advanced options' }).click();
    await visit.button('Next').click();
    await page.getByRole('alert').getByText('Enter a resource at org:acme or below').waitFor();
    assert.equal(await only(page).evaluate((field) => field.getRootNode().activeElement === field), true);
    assert.equal(await only(page).getAttribute('aria-invalid'), 'true');
    await visit.look('more-2-typed-and-wrong');

    // After back and forward, the text is still there.
    await only(page).fill('org:acme/group:eng');
    await visit.button('Back').click();
    await visit.button('Next').click();
    await page.locator('summary', { hasText: 'Advanced options' }).click();
    assert.equal(await only(page).inputValue(), 'org:acme/group:eng');
    await visit.button('Next').click();
    await page.getByText('Send on all channels: only on org:acme/group:eng').waitFor();
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    const { resources } = await tokenOf(demo(), 'Typed');
    assert.deepEqual(resources['messages:send'], ['org:acme/group:eng']);
    await visit.close();
  });

  test('narrows only the permission that it was typed for', async () => {
    const visit = await atPermissions(demo, 'Left');
    const { page } = visit;
    await visit.button('Data').click();
    await page.getByRole('checkbox', { name: /^Read data/ }).check();
    await page.getByRole('checkbox', { name: /^Delete data/ }).check();
    await page.locator('leastkey-narrowing select').selectOption('data:delete');
    await only(page).fill('org:acme/group:eng');
    await page.getByRole('checkbox', { name: /^Delete data/ }).uncheck();
    await visit.button('Next').click();
    await page.getByRole('alert').getByText('Delete data is no longer selected').waitFor();
    await only(page).fill('');
    await visit.button('Next').click();
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    assert.equal((await tokenOf(demo(), 'Left')).resources, undefined);
    await visit.close();
  });

  test('is saved with an edit, and created in a form of one step', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    await visit.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('organization');
    await page.getByLabel('Name').fill('One step');
    await page.getByText('Advanced options').click();
    await page.locator('leastkey-narrowing select').selectOption('projects:read');
    await only(page).fill('org:acme/group:eng');
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    const made = await tokenOf(demo(), 'One step');
    assert.deepEqual(made.resources['projects:read'], ['org:acme/group:eng']);

    await visit.button('Edit One step').click();
    await page.getByText('Nothing changes yet.').waitFor();
    await page.getByText('Advanced options').click();
    await page.locator('leastkey-narrowing select').selectOption('projects:write');
    await only(page).fill('nowhere');
    await visit.button('Save changes').click();
    await page.getByRole('alert').getByText('Enter a resource at org:acme or below').waitFor();
    assert.equal((await tokenOf(demo(), 'One step')).revision, made.revision, 'nothing was saved');
    await only(page).fill('org:acme/group:ops');
    await visit.button('Save changes').click();
    await visit.heading('Changes saved').waitFor();
    await visit.button('Close').click();
    const { resources } = await tokenOf(demo(), 'One step');
    assert.deepEqual(resources['projects:write'], ['org:acme/group:ops']);
    await visit.close();
  });

  test('is no empty field: half of a time, and a refill of nothing', async () => {
    const visit = await demo().visit('ada', '/?template=all-channels&name=Half%20typed');
    const { page } = visit;
    await visit.button('Next').click();
    await visit.button('Next').click();
    const restrictions = page.locator('summary', { hasText: 'Restrictions' });
    await restrictions.click();
    const from = page.getByLabel('From');
    await from.focus();
    await page.keyboard.type('08');
    assert.equal(await from.inputValue(), '', 'as the browser has it, it is empty');
    await restrictions.click();
    await visit.button('Create').click();
    await page.getByRole('alert').getByText('This is not valid.').waitFor();
    assert.equal(await from.evaluate((field) => field.getRootNode().activeElement === field), true);
    await visit.look('more-3-half-of-a-time');
    await from.fill('08:00');
    await page.getByLabel('Refilled every').selectOption({ label: '30 days' });
    await visit.button('Create').click();
    await page.getByRole('alert').getByText('Enter the number of credits').waitFor();
    await page.getByLabel('Credits').fill('10');
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();
    const { conditions, limits } = await tokenOf(demo(), 'Half typed');
    assert.equal(conditions.times.from, '08:00');
    assert.equal(limits.credits.amount, 10);
    await visit.close();
  });
});
