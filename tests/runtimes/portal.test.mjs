/**
 * The portal of the demo in Firefox: the walks of the four documents, as in tests/portal for
 * Chromium.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDemo } from '../../examples/server/serve.mjs';
import { startBrowser } from './hosts/browser.mjs';

/** Without Firefox on this machine, its tests are reported as skipped. */
const skip = (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes('firefox')
  ? 'LEASTKEY_WITHOUT names firefox'
  : false;

const TIMEOUT = 30_000;

describe('the portal in Firefox', { skip }, () => {
  const data = mkdtempSync(join(tmpdir(), 'leastkey-firefox-'));
  let demo;
  let browser;
  before(async () => {
    demo = await startDemo({ port: 0, data });
    browser = await startBrowser('firefox');
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
    rmSync(data, { recursive: true, force: true });
  });

  const verify = async (credential, requirement) =>
    (await demo.deployment.tokens.verify(credential, requirement)).code;

  test('makes a permission-set token in steps, copies it once, and revokes it permanently', async () => {
    const ada = await visit('ada');
    await ada.press('Create access token');
    await ada.fill('input[name="name"]', 'Nightly sender');
    await ada.fill('input[name="subject"]', 'profile:42');
    await ada.press('Next');
    await ada.tick('One API Access – All Channels + Branch');
    await ada.tick('Facebook opt-in data');
    await ada.see('.review', 'Create opt-in data');
    await ada.pressOn('summary', /^Advanced options/);
    await ada.press('Branch');
    await ada.pressOn('label.check', /^Delete flows/);
    await ada.fill('leastkey-permission-tree input[type="search"]', 'export');
    await ada.pressOn('label.check', /^Export sent messages/);
    await ada.press('Next');
    await ada.see('.review', 'Export sent messages.*Acting as profile:42');
    await ada.press('Create');
    const credential = await ada.takeCredential({ tryToLeave: true });
    assert.equal(await verify(credential, 'messages:export'), 'valid');
    assert.equal(await verify(credential, 'branch:delete'), 'insufficient_permission');
    await ada.press('Edit Nightly sender');
    await ada.fill('textarea[name="description"], input[name="description"]', 'Sends at night');
    await ada.press('Save changes');
    await ada.see('h3', 'Changes saved');
    await ada.press('Close');
    await ada.press('Revoke: Nightly sender');
    await ada.see('p', 'cannot be undone');
    await ada.press('Yes, revoke it!');
    await ada.see('tr', 'Nightly sender.*Revoked');
    assert.equal(await verify(credential), 'revoked');
    await ada.close();
  });

  test('makes an organization token, disables it, and deletes it', async () => {
    const ada = await visit('ada');
    await ada.press('Create access token');
    await ada.choose('select[name="kind"]', 'organization');
    await ada.fill('input[name="name"]', 'Provisioning');
    await ada.tick('Admin');
    await ada.see('.note', 'admin role includes every permission');
    await ada.press('Create');
    const credential = await ada.takeCredential();
    const { token } = await demo.deployment.tokens.verify(credential);
    assert.deepEqual([token.role, typeof token.technicalUser], ['admin', 'string']);
    for (const [label, code] of [
      ['Revoke token', 'disabled'],
      ['Reinstate token', 'valid'],
    ]) {
      await ada.press(/Manage Provisioning$/);
      await ada.press(label);
      await ada.press(label);
      await ada.gone('dialog[open]');
      assert.equal(await verify(credential), code);
    }
    await ada.press(/Manage Provisioning$/);
    await ada.press('Delete token');
    await ada.press('Delete');
    await ada.gone('dialog[open]');
    assert.equal(await verify(credential), 'unknown');
    await ada.close();
  });

  test('makes a token of a group, as its admin', async () => {
    const gil = await visit('gil');
    await gil.press('Create access token');
    await gil.choose('select[name="kind"]', 'group');
    await gil.fill('input[name="name"]', 'Group sync');
    await gil.press('Create');
    const { token } = await demo.deployment.tokens.verify(await gil.takeCredential());
    assert.deepEqual([token.kind, token.resource], ['group', 'org:acme/group:eng']);
    await gil.see('tr', 'Group sync');
    await gil.close();
  });

  test('makes a personal token, edits its scope, goes back and forth, and ends its sessions with it', async () => {
    const ben = await visit('ben');
    await ben.press('Create access token');
    await ben.choose('select[name="kind"]', 'personal');
    await ben.fill('input[name="name"]', 'Laptop');
    await ben.tick('CollectionDevice');
    await ben.press('Create');
    const credential = await ben.takeCredential();
    await ben.press('Edit Laptop');
    await ben.tick('Policy');
    await ben.see('.diff', 'Gains');
    await ben.press('Save changes');
    await ben.see('h3', 'Scope changed');
    await ben.press('Close');
    await ben.press('Laptop');
    await ben.see('h2', '^Laptop$');
    await ben.page.goBack();
    await ben.see('h2', 'Access tokens');
    await ben.page.goForward();
    await ben.see('h2', '^Laptop$');
    const answer = await fetch(`${demo.origin}/oauth20/access-token`, {
      headers: { authorization: `bearer ${credential}` },
    });
    const { access_token: session } = await answer.json();
    assert.equal(await verify(session), 'valid');
    await ben.page.reload();
    await ben.see('leastkey-token-sessions', 'Laptop');
    await ben.press(/^Active/);
    await ben.press('Delete');
    await ben.press('Revoke');
    await ben.see('h2', 'Access tokens');
    assert.deepEqual([await verify(credential), await verify(session)], ['unknown', 'revoked']);
    await ben.close();
  });

  test('shows the sessions that a token got over HTTP, ends one, and all of them with the token', async () => {
    const ben = await visit('ben');
    await ben.press('Create access token');
    await ben.choose('select[name="kind"]', 'application');
    await ben.fill('input[name="name"]', 'Mobile app');
    await ben.tick('Use the library');
    await ben.press('Create');
    const bearer = await ben.takeCredential();
    const call = (method, credential) =>
      fetch(`${demo.origin}/oauth20/access-token`, {
        method,
        headers: { authorization: `bearer ${credential}` },
      });
    const exchanged = async () => (await (await call('GET', bearer)).json()).access_token;
    const first = await exchanged();
    const second = await exchanged();
    assert.equal((await call('DELETE', first)).status, 200);
    assert.deepEqual([await verify(first), await verify(second)], ['revoked', 'valid']);
    // An exchange is not a use of the token. A use of its session, at the service that asks, is.
    await demo.deployment.tokens.verify(second, 'assets:search', { ip: '192.0.2.7' });
    await demo.deployment.tokens.flush();
    await ben.press('Mobile app');
    await ben.see('.facts div', 'Used from.*192\\.0\\.2\\.7');
    await ben.see('leastkey-token-sessions li', 'Mobile app');
    await ben.press('End session');
    await ben.see('h3', '^End ');
    await ben.press('End session');
    await ben.see('leastkey-token-sessions', 'No active sessions');
    assert.equal(await verify(second), 'revoked');
    const third = await exchanged();
    assert.equal(await verify(third), 'valid');
    await ben.press('Access tokens');
    await ben.press('Revoke: Mobile app');
    await ben.fill('input[name="reason"]', 'Phone lost');
    await ben.press('Yes, revoke it!');
    await ben.see('tr', 'Mobile app.*Revoked');
    assert.equal(await verify(third), 'revoked');
    assert.equal((await call('GET', bearer)).status, 401);
    await ben.press('Mobile app');
    await ben.see('.facts', 'Phone lost');
    await ben.close();
  });

  async function visit(person) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    // An empty page has no storage.
    await page.evaluateOnNewDocument((name) => {
      if (location.protocol === 'http:') localStorage.setItem('demo-actor', name);
    }, person);
    await page.goto(demo.origin);
    return new Visit(page, context, errors);
  }
});

class Visit {
  constructor(page, context, errors) {
    Object.assign(this, { page, context, errors });
  }

  /** An element on the screen, by selector and its name or text. */
  async #find(selector, name) {
    const [source, flags] = name instanceof RegExp ? [name.source, name.flags] : [exactly(name), ''];
    const found = await this.page.waitForFunction(
      (selector, source, flags) => {
        const root = document.querySelector('leastkey-portal')?.shadowRoot;
        const open = root?.querySelector('dialog[open]');
        return [...((open ?? root)?.querySelectorAll(selector) ?? [])].find((element) => {
          const name = element.getAttribute('aria-label') ?? element.innerText;
          return (
            element.checkVisibility() && new RegExp(source, flags).test(name.replace(/\s+/g, ' ').trim())
          );
        });
      },
      {},
      selector,
      source,
      flags,
    );
    return found.asElement();
  }

  press(name) {
    return this.pressOn('button', name);
  }

  async pressOn(selector, name) {
    const button = await this.#find(selector, name);
    await button.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await button.click();
  }

  async tick(title) {
    const card = await this.#find('label.card', new RegExp(`^${escaped(title)}`));
    await card.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await card.click();
  }

  async fill(selector, text) {
    const field = await this.#find(selector, /^/);
    await field.click();
    await field.type(text);
  }

  async choose(selector, value) {
    const select = await this.#find(selector, /^/);
    await select.select(value);
  }

  see(selector, pattern) {
    return this.#find(selector, new RegExp(pattern));
  }

  gone(selector) {
    return this.page.waitForFunction(
      (selector) => document.querySelector('leastkey-portal').shadowRoot.querySelector(selector) === null,
      {},
      selector,
    );
  }

  /** Reads the credential and leaves its screen. */
  async takeCredential({ tryToLeave = false } = {}) {
    const field = await this.#find('textarea[name="credential"]', /^/);
    const credential = await field.evaluate((element) => element.value);
    if (tryToLeave) {
      await this.press("Done, I've saved it");
      await this.see('h3', 'Leave without copying');
      await this.press('Stay');
    }
    // Copied by hand: headless Firefox has no clipboard.
    await field.evaluate((element) => {
      element.select();
      element.dispatchEvent(new Event('copy'));
    });
    await this.press("Done, I've saved it");
    await this.gone('textarea[name="credential"]');
    assert.ok(!(await this.page.content()).includes(credential));
    return credential;
  }

  async close() {
    assert.deepEqual(this.errors, []);
    await this.context.close();
  }
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const exactly = (text) => `^${escaped(text)}$`;
