/** The store on IndexedDB keeps the storage contract, in two tabs of a real Chromium. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { storeContract } from '../js/stores/store-contract.js';
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

  test('increments from two tabs all count', async () => {
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

  test('a connection that the browser closes is opened again', async () => {
    const store = storeIn(one, 'cleared');
    assert.equal(await store.commit([{ key: 'k', expect: null, value: '1' }]), true);
    const page = await one;
    const session = await page.context().newCDPSession(page);
    // As when a user clears the data of the site.
    const origin = new URL(page.url()).origin;
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    assert.deepEqual(await store.get(['k']), [null]);
    assert.equal(await store.commit([{ key: 'k', expect: null, value: '2' }]), true);
    assert.deepEqual(await storeIn(two, 'cleared').get(['k']), ['2']);
  });

  test('a page that deletes the database does not wait for the store, which continues with an empty one', async () => {
    const store = storeIn(one, 'deleted');
    assert.equal(await store.commit([{ key: 'k', expect: null, value: '1' }]), true);
    assert.equal(await (await two).evaluate(deleteDatabase, 'deleted'), 'deleted');
    assert.deepEqual(await store.list({ prefix: '', limit: 1 }), []);
    assert.equal(await store.commit([{ key: 'k', expect: null, value: '2' }]), true);
  });

  for (const [title, made, message] of [
    ['of the same version', { version: 1, stores: { customers: 'id' } }, /is of another program; give/],
    ['that is empty', { version: 1, stores: {} }, /is of another program; give/],
    ['with a table of the same name', { version: 1, stores: { entries: 'id' } }, /is of another program/],
    ['with one table more', { version: 1, stores: { entries: 'key', more: 'id' } }, /is of another program/],
    ['of a later version', { version: 7, stores: { customers: 'id' } }, /has a later version than 1: it is/],
  ]) {
    test(`a database of another program is refused with a message, and stays: one ${title}`, async () => {
      const page = await one;
      const name = `foreign ${title}`;
      await page.evaluate(makeDatabase, { name, ...made });
      const refusal = await page.evaluate(openStore, { name });
      assert.equal(refusal.code, 'store_unavailable');
      assert.match(refusal.message, message);
      assert.deepEqual(await page.evaluate(describeDatabase, name), {
        version: made.version,
        stores: Object.keys(made.stores),
      });
    });
  }

  test('a deletion that waits for another page does not block it', async () => {
    const [keeper, opener] = await Promise.all([one, two]);
    await keeper.evaluate(keepOpen, 'stuck');
    assert.equal(await opener.evaluate(deleteDatabase, 'stuck'), 'blocked');
    const refusal = await opener.evaluate(openStore, { name: 'stuck', openTimeout: 50 });
    assert.equal(refusal.code, 'store_unavailable');
    assert.match(refusal.message, /"stuck" did not open within 50 ms: another page deletes/);
    await keeper.evaluate(() => globalThis.kept.close());
    assert.deepEqual(await opener.evaluate(openStore, { name: 'stuck' }), 'open');
    // Neither the abandoned connection nor any other blocks it.
    assert.equal(await keeper.evaluate(deleteDatabase, 'stuck'), 'deleted');
  });

  test('a commit that fails in the middle is undone, and says so', async () => {
    const store = storeIn(one, 'middle');
    assert.equal(await store.commit([{ key: 'a', value: '1' }]), true);
    const page = await one;
    await page.evaluate(failPuts, 'b');
    const writes = ['a', 'b', 'c'].map((key) => ({ key, value: '2' }));
    await assert.rejects(store.commit(writes), {
      name: 'LeastkeyError',
      code: 'store_unavailable',
      message: 'the browser did not apply the commit; nothing was changed',
    });
    await page.evaluate(() => globalThis.mendPuts());
    assert.deepEqual(await store.get(['a', 'b', 'c']), ['1', null, null]);
    assert.equal(await store.commit(writes), true);
  });

  test('a full storage is reported as no change, and changes work after space is freed', async () => {
    // A separate profile: a browser caches the available space for a while.
    const context = await demo().browser.newContext();
    const page = await context.newPage();
    await page.goto(demo().origin);
    const session = await context.newCDPSession(page);
    const { origin } = new URL(page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 500_000 });
    const store = storeIn(page, 'full');
    const writes = [{ key: 'k', expect: null, value: 'v'.repeat(900_000) }];
    await assert.rejects(store.commit(writes), {
      code: 'store_unavailable',
      message: 'the storage that the browser gives this site is full; nothing was changed',
    });
    assert.deepEqual(await store.get(['k']), [null]);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    assert.equal(await store.commit(writes), true);
    await context.close();
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

/** Runs in the page. */
function deleteDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve('deleted');
    request.onblocked = () => resolve('blocked');
    request.onerror = () => reject(request.error);
  });
}

/** Runs in the page: a database with these stores, by their key path. */
function makeDatabase({ name, version, stores }) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(stores))
        request.result.createObjectStore(store, { keyPath });
    };
    request.onsuccess = () => resolve(request.result.close());
    request.onerror = () => reject(request.error);
  });
}

/** Runs in the page. */
function describeDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      const { version, objectStoreNames } = request.result;
      request.result.close();
      resolve({ version, stores: [...objectStoreNames] });
    };
    request.onerror = () => reject(request.error);
  });
}

/** Runs in the page: a connection that ignores `versionchange`. */
function keepOpen(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onsuccess = () => {
      globalThis.kept = request.result;
      resolve();
    };
    request.onerror = () => reject(request.error);
  });
}

/** Runs in the page. */
async function openStore(options) {
  const { indexedDbStore } = await import('/package/browser/stores-indexeddb.js');
  try {
    (await indexedDbStore(options)).close();
    return 'open';
  } catch ({ code, message }) {
    return { code, message };
  }
}

/** Runs in the page: a put of one key throws, as for a value that is too large. */
function failPuts(key) {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value) {
    if (value.key === key) throw new DOMException('too large', 'DataError');
    return put.call(this, value);
  };
  globalThis.mendPuts = () => {
    IDBObjectStore.prototype.put = put;
  };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
