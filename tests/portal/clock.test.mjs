/** A device with a wrong clock: tokens that it creates use the server's clock. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const ada = { id: 'user:1', roles: { 'org:acme': 'admin' } };
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** Sets the clock of a page ahead. Runs in the page from its start. */
function setClock(ahead) {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(Real.now() + ahead);
    }
    static now() {
      return Real.now() + ahead;
    }
  };
}

portalSuite('a device whose clock is off', (demo) => {
  for (const minutes of [11, -11, 3 * 1_440]) {
    test(`by ${minutes} minutes makes tokens that last as long as they can`, async () => {
      const visit = await demo().visit('ada');
      const { page } = visit;
      await page.addInitScript(setClock, minutes * MINUTE);
      await page.reload();
      await visit.button('Create access token').click();
      await page.getByLabel('Kind of token').selectOption('organization');
      const name = `Off by ${minutes}`;
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Expiration').selectOption('day');
      // The last possible day: its end is the maximum lifetime of the kind.
      const day = page.getByLabel('Day', { exact: true });
      const last = await day.getAttribute('max');
      assert.equal(last, localDay(Date.now() + 365 * DAY));
      await day.fill(last);
      await visit.button('Create').click();
      await visit.heading('Access token created').waitFor();
      const { valid } = await demo().deployment.tokens.verify(await visit.takeCredential());
      assert.equal(valid, true);
      await visit.button('Copy').click();
      await visit.button("Done, I've saved it").click();
      const { items } = await demo().deployment.tokens.list({ owner: 'org:acme', search: name }, ada);
      const [{ createdAt, expiresAt }] = items;
      assert.ok(Math.abs(createdAt + 365 * DAY - expiresAt) < MINUTE, String(expiresAt - createdAt));
      // It was not created minutes ago.
      const row = page.getByRole('row', { name: new RegExp(name) });
      assert.match(await row.innerText(), /this minute|1 minute ago/);
      await visit.close();
    });
  }

  test('without a Date in the responses uses the clock of the device', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    await page.addInitScript(setClock, 11 * MINUTE);
    await page.addInitScript(() => {
      const real = globalThis.fetch;
      globalThis.fetch = async (...given) => {
        const answer = await real(...given);
        const headers = new Headers(answer.headers);
        headers.delete('date');
        return new Response(answer.body, { status: answer.status, headers });
      };
    });
    await page.reload();
    await visit.button('Create access token').click();
    await page.getByLabel('Kind of token').selectOption('organization');
    await page.getByLabel('Expiration').selectOption('day');
    const last = await page.getByLabel('Day', { exact: true }).getAttribute('max');
    assert.equal(last, localDay(Date.now() + 11 * MINUTE + 365 * DAY));
    await visit.close();
  });
});

function localDay(at) {
  const date = new Date(at);
  const two = (part) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
