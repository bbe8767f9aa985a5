/**
 * A list of 100,000 tokens: only visible rows are rendered, and it says which part was not read.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const TOTAL = 100_000;
const DAY = 86_400_000;

/** A page of a mocked API. */
function pageOf(url, now) {
  const parameters = new URL(url).searchParams;
  const after = parameters.get('after');
  const from = after === null ? 0 : Number(after.slice(8)) + 1;
  const words = parameters.get('search')?.toLowerCase();
  // Like the core, it scans this number of tokens, however many match.
  const looked = words === undefined ? Number(parameters.get('limit')) : 1_000;
  const items = [];
  for (let at = from; at < Math.min(from + looked, TOTAL); at++) {
    const record = recordOf(at, now);
    if (words === undefined || record.name.toLowerCase().includes(words)) items.push(record);
  }
  const last = from + looked - 1;
  return { items, ...(last + 1 < TOTAL ? { next: idOf(last, now) } : {}) };
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** As the core makes them: the time, and a random part. */
function idOf(at, now) {
  let time = '';
  for (let left = now - at * 60_000; time.length < 8; left = Math.floor(left / 62))
    time = `${DIGITS[left % 62]}${time}`;
  return `${time}${String(at).padStart(8, '0')}`;
}

const recordOf = (at, now) => ({
  id: idOf(at, now),
  kind: 'permission-set',
  name: `Sender ${at}`,
  owner: 'org:acme',
  resource: 'org:acme',
  permissions: ['messages:send', 'messages:status'],
  templates: [{ id: 'all-channels', version: 1 }],
  added: [],
  removed: [],
  status: ['active', 'active', 'disabled', 'revoked'][at % 4],
  createdAt: now - at * 60_000,
  createdBy: 'user:ada',
  ...(at % 3 === 0 ? { expiresAt: now + ((at % 90) + 1) * DAY } : {}),
  ...(at % 5 === 0 ? { lastUsedAt: now - (at % 70) * DAY } : {}),
  revision: 1,
});

portalSuite('a long list', (demo) => {
  test('is read by pages, rendered in part, and sorted as far as it was read', async (context) => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    const now = Date.now();
    await page.route('**/leastkey/v1/tokens?*', (route) =>
      route.fulfill({ json: pageOf(route.request().url(), now) }),
    );
    await page.reload();
    await page.getByText('Showing 200 tokens').waitFor();
    const rows = page.locator('tr[data-row]');
    const drawn = async () => {
      const count = await rows.count();
      assert.ok(count > 5 && count < 80, `${count} rows are drawn`);
    };
    await drawn();
    await ada.look('list-1-long', { fullPage: false });

    await page.getByLabel('Sort by').selectOption('name');
    await page.getByText('Sorting covers loaded tokens only.').waitFor();
    await page.getByLabel('Sort by').selectOption('newest');

    await page.getByLabel('Search by name').fill('sender 9');
    await page.getByText('not all tokens searched yet').waitFor();
    await page.getByLabel('Search by name').fill('sender 99999');
    await ada.button('Sender 99999').waitFor({ timeout: 60_000 });
    await page.getByText('1 token', { exact: true }).waitFor();
    await page.getByLabel('Search by name').fill('');

    await page.evaluate(() => {
      globalThis.long = [];
      new PerformanceObserver((list) =>
        globalThis.long.push(...list.getEntries().map(({ duration }) => duration)),
      ).observe({
        type: 'longtask',
      });
    });
    await page.getByText('Showing 200 tokens').waitFor();
    await ada.button('Load all').click();
    await page.getByText('100,000 tokens', { exact: true }).waitFor({ timeout: 120_000 });
    await drawn();
    for (const part of [0.25, 0.5, 1]) {
      await page.evaluate((part) => scrollTo(0, document.documentElement.scrollHeight * part), part);
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const seen = await page.evaluate(() => {
        const rows = [
          ...document.querySelector('leastkey-portal').shadowRoot.querySelectorAll('tr[data-row]'),
        ];
        const visible = rows.filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return bottom > 0 && top < innerHeight;
        });
        return visible.map((row) => Number(/Sender (\d+)/.exec(row.innerText)[1]));
      });
      assert.ok(seen.length >= 5, `${seen.length} rows are in sight`);
      assert.deepEqual(
        seen,
        Array.from({ length: seen.length }, (_, at) => seen[0] + at),
        'in order, none left out',
      );
      await drawn();
    }
    await page.getByRole('button', { name: `Sender ${TOTAL - 1}`, exact: true }).waitFor();
    const long = await page.evaluate(() => globalThis.long);
    context.diagnostic(
      `tasks over 50 ms while 100,000 tokens came in: ${long.length}, longest ${Math.max(0, ...long)} ms`,
    );
    await ada.close();
  });

  for (const [what, narrow] of [
    ['a search', (page) => page.getByLabel('Search by name').fill('nobody has this')],
    ['a filter', (page) => page.getByLabel('Status').selectOption('disabled')],
  ]) {
    test(`says that nothing matches ${what} only once everything was searched`, async () => {
      const ada = await demo().visit('ada');
      const { page } = ada;
      const now = Date.now();
      let held;
      await page.route('**/leastkey/v1/tokens?*', async (route) => {
        const url = new URL(route.request().url());
        const narrowed = url.searchParams.has('search') || url.searchParams.has('status');
        if (narrowed && --held.calls < 0) await held.wait;
        url.searchParams.set('search', 'nobody has this');
        await route.fulfill({ json: narrowed ? pageOf(url, now) : pageOf(route.request().url(), now) });
      });
      const hold = (calls) => {
        held = { calls };
        held.wait = new Promise((resolve) => {
          held.release = resolve;
        });
      };
      hold(30);
      await page.reload();
      await narrow(page);
      // It continues by itself, and reports its progress.
      const yet = page.getByRole('heading', { name: /^No match yet among the tokens created since / });
      await yet.waitFor();
      assert.equal(await page.getByText('No token matches').count(), 0);
      await ada.look(`list-2-no-match-yet-${what.slice(2)}`);

      // Stopped by keyboard, it makes no claim about the rest.
      await ada.button('Stop').press('Enter');
      await page.getByText('Older tokens have not been searched yet.').waitFor();
      const words = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
      const shown = (await yet.innerText()).replace(/\s/g, ' ');
      const since = words.format(now - 29_999 * 60_000).replace(/\s/g, ' ');
      assert.ok(shown.endsWith(since), `${shown}, and ${since} is meant`);
      assert.equal(await page.getByText('No token matches').count(), 0);
      await ada.look(`list-2-stopped-${what.slice(2)}`);
      held.release();
      hold(Number.POSITIVE_INFINITY);
      // It already has the focus.
      await page.waitForFunction(() => {
        const { activeElement } = document.querySelector('leastkey-portal').shadowRoot;
        return activeElement?.textContent.trim() === 'Keep searching';
      });
      await page.keyboard.press('Enter');
      await page.getByText('No token matches').waitFor({ timeout: 60_000 });
      await ada.look(`list-2-no-match-${what.slice(2)}`);
      await ada.button('Clear search and filters').click();
      await page.getByText('Showing 200 tokens').waitFor();
      await ada.close();
    });
  }

  test('that is stopped before the first page makes no claim', async () => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    const now = Date.now();
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    await page.route('**/leastkey/v1/tokens?*', async (route) => {
      const url = route.request().url();
      if (url.includes('search=')) await held;
      await route.fulfill({ json: pageOf(url, now) });
    });
    await page.reload();
    await page.getByText('Showing 200 tokens').waitFor();
    await page.getByLabel('Search by name').fill('sender 5');
    await page.locator('.skeleton').waitFor();
    await page.evaluate(() => document.querySelector('leastkey-portal').portal.listing.stop());
    await ada.button('Keep searching').waitFor();
    for (const text of ['No token matches', 'No access tokens yet'])
      assert.equal(await page.getByText(text).count(), 0, text);
    release();
    await ada.button('Keep searching').click();
    await ada.button('Sender 5').waitFor();
    await ada.close();
  });

  test('reports an unreachable server, and tries again', async () => {
    const input = { kind: 'permission-set', owner: 'org:acme', name: 'Here', templates: ['all-channels'] };
    const actor = { id: 'user:1', roles: { 'org:acme': 'admin' } };
    await demo().deployment.tokens.create(input, actor);
    const ada = await demo().visit('ada');
    const { page } = ada;
    await page.route('**/leastkey/v1/tokens?*', (route) =>
      route.fulfill({ status: 502, body: 'bad gateway' }),
    );
    await page.getByLabel('Status').selectOption('revoked');
    await page.getByText('The server cannot be reached').waitFor();
    await ada.look('list-3-failed');
    await page.unroute('**/leastkey/v1/tokens?*');
    await ada.button('Try again').click();
    await page.getByText('No token matches').waitFor();
    ada.seen.console.splice(0);
    await ada.close();
  });

  test('of a create whose answer is lost: the second try makes no second token', async () => {
    const ada = await demo().visit('ada', '/?template=all-channels&name=Lost%20once');
    const { page } = ada;
    await ada.button('Next').click();
    await ada.button('Next').click();
    await page.route(
      '**/leastkey/v1/tokens',
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await ada.button('Create').click();
    await page.getByText("you won't get a duplicate").waitFor();
    await ada.look('list-4-lost-answer');
    await ada.button('Create').click();
    await ada.heading('Access token created').waitFor();
    const { valid } = await demo().deployment.tokens.verify(await ada.takeCredential());
    assert.equal(valid, true);
    await ada.button('Copy').click();
    await ada.button("Done, I've saved it").click();
    await ada.button('Lost once').waitFor();
    assert.equal(await ada.button('Lost once').count(), 1);
    ada.seen.console.splice(0);
    await ada.close();
  });
});
