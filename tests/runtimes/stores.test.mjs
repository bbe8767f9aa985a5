/** The stores of Cloudflare keep the storage contract, in workerd. */

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { Miniflare } from 'miniflare';
import { storeContract } from '../js/store-contract.js';
import { workerOptions } from './hosts/workerd.mjs';

/** Each run of the contract gets a database of its own. */
const DATABASES = Array.from({ length: 40 }, (_, index) => `DB${index}`);

const worker = await workerOptions(new URL('entries/store-worker.mjs', import.meta.url).pathname, {
  d1Databases: DATABASES,
});
// Two workers on the same data: two isolates, as two places of the edge are.
const workerd = new Miniflare({
  workers: [
    { ...worker, name: 'one', durableObjects: { TOKENS: { className: 'TokenStore', useSQLite: true } } },
    { ...worker, name: 'two', durableObjects: { TOKENS: { className: 'TokenStore', scriptName: 'one' } } },
  ],
});
after(() => workerd.dispose());
const places = { one: await workerd.getWorker('one'), two: await workerd.getWorker('two') };

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
]) {
  let opened = 0;
  storeContract(title, () => {
    const clock = { instant: 0 };
    const name = kind === 'd1' ? DATABASES[opened++] : `object ${opened++}`;
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

describe('writers in two isolates', () => {
  const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
  const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

  for (const [kind, name] of [
    ['d1', DATABASES.at(-1)],
    ['remote', 'race'],
  ]) {
    test(`${kind}: increments of one counter are all there`, async () => {
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

    test(`${kind}: tokens that one place revokes, the other refuses at once`, async () => {
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
