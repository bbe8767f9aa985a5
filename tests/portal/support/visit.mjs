/** Pages of the demo's portal. They record what must not happen. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '../../../examples/server/serve.mjs';
import { startBrowser } from './browser.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The folder of the screenshots, for review by people. */
const SHOTS = process.env.LEASTKEY_SCREENSHOTS;

/** The modes in which each screen is checked. */
const LOOKS = [
  { look: 'wide-light', width: 1280, height: 900, colorScheme: 'light' },
  { look: 'wide-dark', width: 1280, height: 900, colorScheme: 'dark' },
  { look: 'narrow-light', width: 390, height: 844, colorScheme: 'light' },
  { look: 'narrow-dark', width: 390, height: 844, colorScheme: 'dark' },
];

/** The demo with an empty database, and a browser. */
export async function openDemo() {
  const data = mkdtempSync(join(tmpdir(), 'leastkey-portal-'));
  const demo = await startDemo({ port: 0, data });
  const browser = await startBrowser();
  return {
    ...demo,
    browser,
    visit: (person, path = '/') => visit(browser, demo.origin, person, path),
    async close() {
      await browser.close();
      await demo.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function visit(browser, origin, person, path) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await context.addInitScript((name) => localStorage.setItem('demo-actor', name), person);
  const page = await context.newPage();
  const seen = { console: [], requests: [], violations: [] };
  page.on('console', (message) => {
    // Chromium itself logs responses with an error status; they are expected.
    if (!/^Failed to load resource: .* status of 4\d\d/.test(message.text()))
      seen.console.push(message.text());
  });
  page.on('pageerror', (error) => seen.console.push(String(error.stack)));
  page.on('request', (request) => {
    seen.requests.push(
      [request.method(), request.url(), JSON.stringify(request.headers()), request.postData()].join('\n'),
    );
  });
  await page.exposeFunction('noteViolation', (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      globalThis.noteViolation(
        `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      ),
    );
  });
  await page.goto(`${origin}${path}`);
  await page.getByRole('heading', { level: 2 }).first().waitFor();
  return new Visit(page, context, seen);
}

class Visit {
  constructor(page, context, seen) {
    Object.assign(this, { page, context, seen });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  heading(name) {
    return this.page.getByRole('heading', { name, exact: typeof name === 'string' });
  }

  /**
   * Checks the screen in every mode with axe and takes screenshots, of a long one without
   * `fullPage`.
   */
  async look(name, { fullPage = true } = {}) {
    const { page } = this;
    for (const { look, width, height, colorScheme } of LOOKS) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await this.#photograph(`${name}-${look}`, fullPage);
      await this.requireAccessible(`${name} ${look}`);
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      assert.ok(scroll <= client, `${name} ${look}: ${scroll} px wide in a window of ${client}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  }

  async #photograph(name, fullPage) {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
  }

  /** Fails on any violation that axe finds. */
  async requireAccessible(about) {
    const { page } = this;
    // Through the debugger, because the CSP of the page allows no foreign script.
    await page.evaluate((await import('node:fs')).readFileSync(axe, 'utf8'));
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return violations.map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
      );
    });
    assert.deepEqual(found, [], about);
  }

  /** The credential in its field. Asserts that it is nowhere else. */
  async takeCredential() {
    const field = this.page.getByRole('textbox', { name: 'Access token' });
    const credential = await field.inputValue();
    const secret = credential.slice(-36);
    const places = await this.page.evaluate(async () => {
      const trees = [];
      const walk = (root) => {
        trees.push(root.innerHTML ?? '');
        for (const element of root.querySelectorAll('*')) {
          if (element.shadowRoot) walk(element.shadowRoot);
        }
      };
      walk(document);
      trees.push(document.documentElement.outerHTML);
      const databases = (await indexedDB.databases()).map(({ name }) => name);
      return {
        trees: trees.join('\n'),
        address: location.href,
        local: JSON.stringify({ ...localStorage }),
        session: JSON.stringify({ ...sessionStorage }),
        cookie: document.cookie,
        state: JSON.stringify(history.state),
        databases: JSON.stringify(databases),
      };
    });
    const everywhere = {
      ...places,
      ...Object.fromEntries(Object.entries(this.seen).map(([at, texts]) => [at, texts.join('\n')])),
    };
    for (const [place, text] of Object.entries(everywhere))
      assert.ok(!text.includes(secret), `the secret is in ${place}`);
    return credential;
  }

  /** The CSP refused nothing, and the console is empty. */
  async close() {
    assert.deepEqual(this.seen.violations, []);
    assert.deepEqual(this.seen.console, []);
    await this.context.close();
  }
}
