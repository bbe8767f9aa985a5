/** From an empty form to a revoked token by keyboard alone, and the texts for screen readers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

portalSuite('without a pointer', (demo) => {
  test('a token is made, copied, looked at and revoked', async () => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    const press = (...keys) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());

    await reach(page, 'Create access token');
    await press('Enter');
    await ada.heading('Create access token').waitFor();
    await focused(page, 'Create access token');
    // The form is there once the core is loaded.
    await page.getByLabel('Name').waitFor();
    await reach(page, 'Name');
    await page.keyboard.type('By keyboard');
    await press('Enter');
    await focused(page, 'Create access token');
    await page.getByText('Step 2 of 3: Permissions').waitFor({ state: 'attached' });
    await reach(page, 'One API Access – All Channels + Branch');
    await press('Space');
    await reach(page, 'Next');
    await press('Enter');
    await reach(page, 'Create');
    await press('Enter');
    await ada.heading('Access token created').waitFor();
    await focused(page, 'Access token created');
    await reach(page, 'Copy');
    await press('Enter');
    await page.getByRole('status').getByText('The token was copied.').waitFor();
    await reach(page, "Done, I've saved it");
    await press('Enter');
    await focused(page, 'Access tokens');

    await reach(page, 'Active. Manage By keyboard');
    await press('Enter');
    await ada.heading('Manage By keyboard').waitFor();
    await press('Escape');
    await focused(page, 'Active. Manage By keyboard');
    await press('Enter');
    await ada.heading('Manage By keyboard').waitFor();
    await reach(page, 'Revoke');
    await press('Enter');
    await focused(page, 'Revoke By keyboard?');
    await reach(page, 'Yes, revoke it!');
    await press('Enter');
    await page.getByRole('status').getByText('By keyboard revoked').waitFor();
    await ada.close();
  });

  test('a dialog that is opened again at once is not empty', async () => {
    const input = { kind: 'permission-set', owner: 'org:acme', name: 'Again', templates: ['all-channels'] };
    const actor = { id: 'user:1', roles: { 'org:acme': 'admin' } };
    await demo().deployment.tokens.create(input, actor);
    const ada = await demo().visit('ada');
    const status = ada.button('Active. Manage Again');
    await status.click();
    await ada.heading('Manage Again').waitFor();
    // In one turn: the close event comes after it is open again.
    await status.evaluate((button) => {
      button.getRootNode().querySelector('dialog[open]').close();
      button.click();
    });
    await ada.page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
    assert.ok(await ada.heading('Manage Again').isVisible());
    await ada.close();
  });

  test('a missing value is reported at its field', async () => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    await ada.button('Create access token').click();
    await ada.button('Next').click();
    await focused(page, 'Name');
    const name = page.getByLabel('Name');
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    await page.getByText('Enter a name.').waitFor();
    await name.fill('Nothing selected');
    await ada.button('Next').click();
    await ada.button('Next').click();
    await page.getByRole('alert').getByText('A token needs at least one permission').waitFor();
    await ada.look('missing-1-permissions');
    await ada.close();
  });
});

/** Presses Tab until an element whose name begins with this has the focus. */
async function reach(page, name) {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const words = await focus(page);
    if (words.some((word) => word === name || word.startsWith(`${name} `))) return;
  }
  assert.fail(`Tab never leads to ${name}; it stands on ${await focus(page)}`);
}

/** Waits until it has the focus. */
async function focused(page, name) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await focus(page)).includes(name)) return;
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  assert.fail(`the focus is not on ${name} but on ${await focus(page)}`);
}

/** The names of the focused element: its label, or its text. */
function focus(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const texts = [
      element?.getAttribute('aria-label'),
      ...[...(element?.labels ?? [])].map((label) => label.innerText),
      element?.innerText,
    ];
    return texts.flatMap((text) =>
      text ? [text.replace(/\s+/g, ' ').trim(), text.split('\n')[0].trim()] : [],
    );
  });
}
