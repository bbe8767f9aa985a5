/** The store on IndexedDB keeps the storage contract, in two tabs of a real Chromium. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { storeContract } from '../js/store-contract.js';
import { storeIn } from './support/stores.mjs';
import { portalSuite } from './support/suite.mjs';

portalSuite('IndexedDB', (demo) => {
  const tabs = [deferred(), deferred()];
  before(async () => {
    const context = await demo().browser.newContext();
    for (const tab of tabs) {
      const page = await context.newPage();
      await page.goto(demo().origin);
      tab.resolve(page);
    }
  });
  const [one, two] = tabs.map(({ promise }) => promise);

  let opened = 0;
  storeContract('IndexedDB', () => {
    const clock = { instant: 0 };
    const name = `contract ${opened++}`;
    const stores = [storeIn(one, name, clock), storeIn(two, name, clock)];
    return {
      store: stores[0],
      other: stores[1],
      setClock(instant) {
        clock.instant = instant;
      },
      close() {
        for (const store of stores) store.close();
      },
    };
  });

  test('increments from two tabs are all there', async () => {
    const stores = [storeIn(one, 'race'), storeIn(two, 'race')];
    assert.equal(await stores[0].commit([{ key: 'count', expect: null, value: '0' }]), true);
    let lost = 0;
    const increment = async (store) => {
      for (let done = 0; done < 25; ) {
        const [count] = await store.get(['count']);
        if (await store.commit([{ key: 'count', expect: count, value: `${Number(count) + 1}` }])) done += 1;
        else lost += 1;
      }
    };
    await Promise.all([...stores, ...stores].map(increment));
    assert.deepEqual(await stores[1].get(['count']), ['100']);
    assert.notEqual(lost, 0, 'the tabs met');
  });

  test('a token that one tab revokes, the other refuses at once', async () => {
    const run = (page, work, argument) => page.evaluate(work, argument);
    const pages = await Promise.all([one, two]);
    for (const page of pages) await run(page, startTokens);
    for (let turn = 0; turn < 5; turn++) {
      const { token, id } = await run(pages[turn % 2], makeToken, `T${turn}`);
      const codes = async () => Promise.all(pages.map((page) => run(page, verifyToken, token)));
      assert.deepEqual(await codes(), ['valid', 'valid']);
      await Promise.all(pages.map((page) => run(page, revokeToken, id)));
      assert.deepEqual(await codes(), ['revoked', 'revoked']);
    }
  });

  test('a store that was closed refuses', async () => {
    const store = storeIn(one, 'closed');
    await store.close();
    await assert.rejects(store.get(['k']), { code: 'store_unavailable' });
    await assert.rejects(store.commit([{ key: 'k', value: '1' }]), { code: 'store_unavailable' });
  });
});

async function startTokens() {
  const { createTokens } = await import('/package/browser/index.js');
  const { indexedDbStore } = await import('/package/browser/stores-indexeddb.js');
  const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
  const store = await indexedDbStore({ name: 'shared' });
  globalThis.tokens = await createTokens({ catalog, store, prefix: 'acme_test' });
  globalThis.admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
}

async function makeToken(name) {
  const input = { kind: 'permission-set', name, owner: 'org:acme', add: ['messages:send'] };
  const { token, record } = await globalThis.tokens.create(input, globalThis.admin);
  return { token, id: record.id };
}

const verifyToken = async (token) => (await globalThis.tokens.verify(token, 'messages:send')).code;
const revokeToken = async (id) => {
  await globalThis.tokens.revoke(id, {}, globalThis.admin);
};

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
