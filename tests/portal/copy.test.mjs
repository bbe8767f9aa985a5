/** The screen of a new secret: what it says was done with the secret, and when it can be left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

/** Opens the screen of a new secret. */
async function atSecret(demo, name) {
  const visit = await demo().visit('ada');
  await visit.button('Create access token').click();
  await visit.page.getByLabel('Name').fill(name);
  await visit.button('Next').click();
  await visit.page.getByRole('checkbox', { name: /^One API Access – All Channels Use/ }).check();
  await visit.button('Next').click();
  await visit.button('Create').click();
  await visit.heading('Access token created').waitFor();
  return visit;
}

const field = (page) => page.getByRole('textbox', { name: 'Access token' });

/** Whether the browser asks before the page is left. */
async function holdsPage(page) {
  const held = await page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  return held;
}

portalSuite('the screen of a new secret', (demo) => {
  test('calls a download a download, and can be left once the user says that it is stored', async () => {
    const visit = await atSecret(demo, 'Downloaded');
    const { page } = visit;
    await page.evaluate(() => navigator.clipboard.writeText('something else'));
    const download = page.waitForEvent('download');
    await visit.button('Download as .env line').click();
    await download;
    await page.getByRole('status').getByText('The browser was asked to save the file .env.').waitFor();
    await page.getByText('Check that it is there').waitFor();
    assert.equal(await page.getByText('The token was copied.').count(), 0);
    assert.equal(await visit.button('Copied').count(), 0);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'something else');
    await visit.look('copy-1-downloaded');

    assert.equal(await holdsPage(page), true, 'a file may not be there');
    await page.goBack();
    await visit.heading('Is the file saved?').waitFor();
    await visit.look('copy-2-is-it-saved');
    await visit.button('Stay').click();
    await field(page).waitFor();
    await visit.button("Done, I've saved it").press('Enter');
    await visit.heading('Access tokens').waitFor();
    assert.equal(await holdsPage(page), false);
    await visit.close();
  });

  test('reports no copy that the browser did not allow', async () => {
    const visit = await atSecret(demo, 'Not allowed');
    const { page } = visit;
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await visit.button('Copy').click();
    await page.getByRole('alert').getByText('The browser did not allow copying.').waitFor();
    assert.equal(await page.getByText('The token was copied.').count(), 0);
    assert.equal(await holdsPage(page), true);
    await visit.look('copy-3-not-allowed');

    // The field has the focus and is selected, so that one key copies it.
    await field(page).evaluate((area) => area.setSelectionRange(0, 10));
    await page.keyboard.press('ControlOrMeta+c');
    assert.equal(await page.getByText('The token was copied.').count(), 0, 'a part of it is no copy');
    assert.equal(await holdsPage(page), true);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('ControlOrMeta+c');
    await page.getByRole('status').getByText('The token was copied.').waitFor();
    assert.equal(await page.getByRole('alert').getByText('did not allow').count(), 0);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await field(page).inputValue());
    assert.equal(await holdsPage(page), false);
    await visit.button("Done, I've saved it").click();
    await visit.heading('Access tokens').waitFor();
    await visit.close();
  });

  test('asks where there is no clipboard, and can be left after a confirmation', async () => {
    const visit = await atSecret(demo, 'Given up');
    const { page } = visit;
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await visit.button('Copy').click();
    await page.getByRole('alert').getByText('The browser did not allow copying.').waitFor();
    await visit.button("Done, I've saved it").click();
    await visit.heading('Leave without copying?').waitFor();
    await visit.button('Leave anyway').click();
    await visit.heading('Access tokens').waitFor();
    assert.equal(await page.getByText('The token was copied.').count(), 0);
    assert.equal(await holdsPage(page), false);
    await visit.close();
  });
});
