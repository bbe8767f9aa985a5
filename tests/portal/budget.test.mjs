/** The downloads of a page with the portal, the time until it is usable, and its caching. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

/** Compressed bytes that the browser received, without the WebAssembly module. */
const MAX_SCRIPTS = 52_000;
/** The number of first visits that are measured. */
const VISITS = 7;

/** With the module, which has its own budget in the build. */
const MAX_TOTAL = 360_000;

const ada = { id: 'user:1', roles: { 'org:acme': 'admin' } };

portalSuite('the budget of the page', (demo) => {
  test('holds, and the list does not wait for the core', async (context) => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    await visit.button('Create access token').waitFor();
    const listed = await filesOf(page);
    assert.ok(
      listed.every(({ name }) => !name.endsWith('.wasm')),
      'the core is not loaded for a list',
    );
    await visit.button('Create access token').click();
    await page.getByLabel('Name').fill('Now');
    await visit.button('Next').click();
    await page.getByRole('checkbox').first().waitFor();

    const files = await filesOf(page);
    const sum = (some) => some.reduce((total, { bytes }) => total + bytes, 0);
    const module = files.find(({ name }) => name.endsWith('.wasm'));
    assert.ok(module !== undefined, 'the core is loaded to create');
    context.diagnostic(
      `the list ${sum(listed)} bytes; with the core ${sum(files)}, of which it is ${module.bytes}`,
    );
    const measured = files.map(({ name, bytes }) => `${bytes} ${name}`).join('\n');
    assert.ok(
      sum(files) - module.bytes <= MAX_SCRIPTS,
      `more than ${MAX_SCRIPTS} bytes without the core:\n${measured}`,
    );
    assert.ok(sum(files) <= MAX_TOTAL, `more than ${MAX_TOTAL} bytes in all:\n${measured}`);
    await visit.close();
  });

  test('is small enough that a first visit is quickly usable', async (context) => {
    const times = [];
    for (let at = 0; at < VISITS; at++) {
      const browser = await demo().browser.newContext({ viewport: { width: 1280, height: 900 } });
      await browser.addInitScript(() => localStorage.setItem('demo-actor', 'ada'));
      const page = await browser.newPage();
      await page.goto(demo().origin, { waitUntil: 'commit' });
      times.push(await page.evaluate(firstUse));
      assert.ok(await page.getByLabel('Name').isVisible());
      // A browser keeps icons and compiled modules for all its contexts.
      const files = (await filesOf(page)).filter(({ name }) => !/\.(?:wasm|svg)$/.test(name));
      assert.ok(
        files.every(({ sent }) => sent > 0),
        `nothing of it was in a cache: ${JSON.stringify(files)}`,
      );
      await browser.close();
    }
    const measured = ['painted', 'usable', 'form'].map((name) => {
      const sorted = times.map((time) => Math.round(time[name])).sort((one, other) => one - other);
      return `${name} ${sorted[(VISITS - 1) / 2]} (${sorted[0]} to ${sorted[VISITS - 1]})`;
    });
    context.diagnostic(`ms from the start of ${VISITS} first visits, median: ${measured.join(', ')}`);
  });

  test('is paid once: another visit requests only the page', async () => {
    const visit = await demo().visit('ada');
    const kept = (await filesOf(visit.page)).filter(({ name }) => name !== '/');
    assert.ok(kept.length >= 3 && kept.every(({ name }) => name.startsWith('/v/')), JSON.stringify(kept));
    await visit.page.goto(`${demo().origin}/?again`);
    await visit.heading('Access tokens').waitFor();
    const again = (await filesOf(visit.page)).filter(({ sent }) => sent > 0);
    assert.deepEqual(
      again.map(({ name }) => name),
      ['/'],
    );
    await visit.close();
  });

  test('is usable before the core is loaded', async () => {
    const input = { kind: 'permission-set', owner: 'org:acme', name: 'Early', templates: ['all-channels'] };
    await demo().deployment.tokens.create(input, ada);
    const visit = await demo().visit('ada');
    const { page } = visit;
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    await page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel('Search by name').fill('early');
    await page.getByText('1 token', { exact: true }).waitFor();
    await visit.button('Early').click();
    await visit.heading('History').waitFor();
    await page.locator('.history li').first().waitFor();
    await visit.button('Active. Manage Early').waitFor();
    assert.equal(await page.getByText('All permissions').count(), 0);
    await visit.look('early-1-page');
    release();
    await page.getByText('All permissions').waitFor();
    await visit.close();
  });
});

/**
 * Runs in the page from its start: presses the button as soon as the list has been read, and waits
 * until the form has its fields, which need the core.
 */
async function firstUse() {
  const root = () => document.querySelector('leastkey-portal')?.shadowRoot;
  const until = async (found) => {
    while (!found()) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now();
  };
  const usable = await until(() => root()?.querySelector('.empty, tbody'));
  root().querySelector('button.primary').click();
  const form = (await until(() => root().querySelector('input[name="name"]'))) - usable;
  const [{ startTime: painted }] = performance.getEntriesByName('first-contentful-paint');
  return { painted, usable, form };
}

/** The resources of a page, with the bytes that were sent and the compressed size of each. */
const filesOf = (page) =>
  page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .map(({ name, encodedBodySize, transferSize }) => ({
        name: new URL(name).pathname,
        bytes: encodedBodySize,
        sent: transferSize,
      }))
      .filter(({ name }) => !name.startsWith('/leastkey/v1/')),
  );
