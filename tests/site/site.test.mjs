/**
 * The documentation site in Chromium, as `npm start` serves it: its search finds, what is copied
 * from it runs, and it fits. `npm run test:docs` builds it and runs these tests.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDemo } from '../../examples/server/serve.mjs';
import { promised, run } from '../js/support/examples.mjs';
import { startBrowser } from '../portal/support/browser.mjs';

const inClone = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const shots = inClone('build/screenshots');
const data = mkdtempSync(join(tmpdir(), 'leastkey-site-'));

let demo;
let browser;
before(async () => {
  mkdirSync(shots, { recursive: true });
  demo = await startDemo({ port: 0, data });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.close();
  rmSync(data, { recursive: true, force: true });
});

/** A page of the site. Its errors fail the test that opened it. */
async function open(path, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${demo.origin}/docs/${path}`, { waitUntil: 'networkidle', timeout: 120_000 });
  return {
    page,
    async close() {
      assert.deepEqual(errors, []);
      await page.close();
    },
  };
}

describe('the site', () => {
  for (const [words, path] of [
    ['leaked', '/docs/incident.html'],
    ['Better Auth', '/docs/coming-from/better-auth.html'],
    ['freshness window', '/docs/guides/freshness.html'],
    ['toNodeHandler', '/docs/guides/http.html'],
    ['rotated_out', '/docs/guides/operations.html'],
  ])
    test(`its search finds "${words}"`, async () => {
      const { page, close } = await open('');
      await page.locator('#local-search button').click();
      await page.locator('.VPLocalSearchBox input').fill(words);
      await page.locator('.VPLocalSearchBox .result').first().waitFor();
      const found = await page
        .locator('.VPLocalSearchBox .result')
        .evaluateAll((all) => all.map(({ href }) => href));
      assert.ok(
        found.some((href) => new URL(href).pathname === path),
        found.join('\n'),
      );
      if (words === 'leaked') await page.screenshot({ path: join(shots, 'site-search.png') });
      await close();
    });

  for (const path of [
    'agents.html',
    'incident.html',
    'coming-from/unkey.html',
    'coming-from/better-auth.html',
    'coming-from/home-made.html',
    'recipes/permission-sets.html',
    'recipes/organizations.html',
    'recipes/personal.html',
    'recipes/sessions.html',
  ])
    test(`the examples copied from ${path} run`, async () => {
      const { page, close } = await open(path);
      const examples = await page.locator('.language-js pre code').allInnerTexts();
      assert.notEqual(examples.length, 0);
      for (const code of examples) {
        const { exit, lines, stderr } = await run(code, inClone('build'));
        assert.equal(exit, 0, stderr);
        assert.deepEqual(lines, promised(code));
      }
      await close();
    });

  for (const [look, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    narrow: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  }))
    for (const path of [
      '',
      'getting-started.html',
      'production.html',
      'guides/operations.html',
      'commands.html',
      'api/',
    ])
      test(`${path || 'the first page'} fits, ${look}`, async () => {
        const { page, close } = await open(path, options);
        await page.screenshot({
          path: join(shots, `site-${path.replace(/\W+/g, '-') || 'home'}-${look}.png`),
        });
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(beyond <= 0, `it is ${beyond} pixels too wide`);
        const dark = await page.evaluate(() => document.documentElement.classList.contains('dark'));
        assert.equal(dark, look === 'dark');
        await close();
      });
});
