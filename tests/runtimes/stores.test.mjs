/** The stores of Cloudflare keep the storage contract, in workerd. */

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { Miniflare } from 'miniflare';
import { storeContract } from '../js/stores/store-contract.js';
import { workerOptions } from './hosts/workerd.mjs';

/** Each run of the contract, and some tests, get a database of their own. */
const DATABASES = Array.from({ length: 60 }, (_, index) => `DB${index}`);
const spareDatabases = [...DATABASES].reverse();

const worker = await workerOptions(new URL('entries/store-worker.mjs', import.meta.url).pathname, {
  d1Databases: DATABASES,
});
// Two workers on the same data: two isolates, like two locations of the edge.
const workerd = new Miniflare({
  workers: [
    { ...worker, name: 'one', durableObjects: { TOKENS: { className: 'TokenStore', useSQLite: true } } },
    { ...worker, name: 'two', durableObjects: { TOKENS: { className: 'TokenStore', scriptName: 'one' } } },
    {
      ...worker,
      name: 'enhanced',
      compatibilityFlags: ['enhanced_error_serialization'],
      durableObjects: { TOKENS: { className: 'TokenStore', useSQLite: true } },
    },
  ],
});
after(() => workerd.dispose());
const places = {};
for (const name of ['one', 'two', 'enhanced']) places[name] = await workerd.getWorker(name);

/** A store behind a worker. */
function remote(place, kind, name, clock = { instant: 0 }) {
  const call = async (method, argument) => {
    const { fetch } = places[place];
    const body = JSON.stringify({ kind, name, method, argument, instant: clock.instant });
    const { answer, error } = await (await fetch('http://store', { method: 'POST', body })).json();
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return answer;
  };
  return {
    get: (keys) => call('get', keys),
    list: (range) => call('list', range),
    commit: (writes) => call('commit', writes),
  };
}

for (const [kind, title] of [
  ['d1', 'D1'],
  ['object', 'a Durable Object'],
  ['remote', 'a Durable Object from any worker'],
]) {
  let opened = 0;
  storeContract(title, () => {
    const clock = { instant: 0 };
    const name = kind === 'd1' ? DATABASES[opened++] : `${kind} ${opened++}`;
    return {
      store: remote('one', kind, name, clock),
      other: remote('two', kind, name, clock),
      setClock(instant) {
        clock.instant = instant;
      },
      close() {},
    };
  });
}

describe('what a commit can hold', () => {
  for (const kind of ['d1', 'object', 'remote']) {
    const open = () => remote('one', kind, kind === 'd1' ? spareDatabases.shift() : `sizes ${kind}`);

    test(`${kind}: more than a database accepts as one text; a value that is too long is refused, and nothing is changed`, async () => {
      const store = open();
      // As one parameter these exceeded 2 MB, and revokeAll failed permanently.
      const writes = Array.from({ length: 9 }, (_, index) => ({
        key: `token/${index}`,
        expect: null,
        value: `${index}`.padEnd(281_000, 'v'),
      }));
      assert.equal(await store.commit(writes), true);
      const again = writes.map(({ key, value }) => ({
        key,
        expect: value,
        value: value.replaceAll('v', 'w'),
      }));
      assert.equal(await store.commit(again), true);
      assert.equal(await store.commit(again), false);
      const values = again.map(({ value }) => value);
      assert.deepEqual(await store.get(again.map(({ key }) => key)), values);
      // 2 MB with the key, in UTF-8.
      const longest = `${'é'.repeat(999_994)}é`;
      assert.equal(await store.commit([{ key: 'k', expect: null, value: longest }]), true);
      assert.deepEqual(await store.get(['k']), [longest]);
      for (const beyond of [{ value: `${longest}${'é'.repeat(5)}` }, { expect: 'é'.repeat(1_000_000) }]) {
        const other = { key: 'other', value: '1' };
        await assert.rejects(store.commit([other, { key: 'k', ...beyond }]), {
          name: 'LeastkeyError',
          code: 'store_unavailable',
          message: /^a value is too long for .*; nothing was changed$/,
        });
        assert.deepEqual(await store.get(['other']), [null]);
      }
    });
  }
});

describe('an error that the store in a Durable Object throws', () => {
  for (const place of ['one', 'two', 'enhanced']) {
    test(`keeps its class and code across a remote call (${place})`, async () => {
      const clock = { instant: 0 };
      const store = remote(place, 'remote', 'errors', clock);
      assert.equal(await store.commit([{ key: 'k', value: '1' }]), true);
      clock.instant = -1;
      await assert.rejects(store.commit([{ key: 'k', value: '2' }]), {
        name: 'LeastkeyError',
        code: 'store_unavailable',
        message: 'the object could not be written; nothing was changed',
      });
      clock.instant = 0;
      assert.deepEqual(await store.get(['k']), ['1'], 'the transaction was rolled back');
    });
  }
});

describe('writers in two isolates', () => {
  const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
  const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

  for (const [kind, name] of [
    ['d1', spareDatabases.shift()],
    ['remote', 'race'],
  ]) {
    test(`${kind}: increments of one counter all count`, async () => {
      const stores = [remote('one', kind, name), remote('two', kind, name)];
      assert.equal(await stores[0].commit([{ key: 'count', expect: null, value: '0' }]), true);
      let lost = 0;
      await Promise.all(
        Array.from({ length: 6 }, async (_, writer) => {
          const store = stores[writer % 2];
          for (let done = 0; done < 6; ) {
            const [count] = await store.get(['count']);
            const won = await store.commit([{ key: 'count', expect: count, value: `${Number(count) + 1}` }]);
            if (won) done += 1;
            else lost += 1;
          }
        }),
      );
      assert.deepEqual(await stores[1].get(['count']), ['36']);
      assert.notEqual(lost, 0, 'the writers met');
    });

    test(`${kind}: tokens that one isolate revokes, the other refuses at once`, async () => {
      const [here, there] = await Promise.all(
        ['one', 'two'].map((place) =>
          createTokens({ catalog, store: remote(place, kind, name), prefix: 'acme_test' }),
        ),
      );
      for (let turn = 0; turn < 10; turn++) {
        const input = { kind: 'permission-set', name: `T${turn}`, owner: 'org:acme', add: ['messages:send'] };
        const { token, record } = await here.create(input, admin);
        assert.equal((await there.verify(token, 'messages:send')).code, 'valid');
        const [first, second] = await Promise.all([
          here.revoke(record.id, { reason: 'here' }, admin),
          there.revoke(record.id, { reason: 'there' }, admin),
        ]);
        assert.deepEqual([first.reason, first.revision], [second.reason, second.revision]);
        for (const place of [here, there]) assert.equal((await place.verify(token)).code, 'revoked');
      }
    });
  }
});
