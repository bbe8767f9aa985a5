/** What an operation asks of a store, counted on a store in memory. */

import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';

const PERMISSIONS = 20;

const catalog = {
  services: {
    api: {
      title: 'API',
      permissions: Object.fromEntries(
        Array.from({ length: PERMISSIONS }, (_, index) => [`p${index}`, `P${index}`]),
      ),
    },
  },
};
const admin = { id: 'user:1', roles: { '': 'admin' } };

/** A store that counts its calls, keys, writes and characters. */
function counted(store) {
  const zero = () => ({ gets: 0, keys: 0, lists: 0, commits: 0, writes: 0, read: 0, written: 0 });
  let counts = zero();
  return {
    take() {
      const taken = counts;
      counts = zero();
      return taken;
    },
    get(keys) {
      const values = store.get(keys);
      counts.gets += 1;
      counts.keys += keys.length;
      for (const value of values) counts.read += value?.length ?? 0;
      return values;
    },
    list(range) {
      counts.lists += 1;
      return store.list(range);
    },
    commit(writes) {
      counts.commits += 1;
      counts.writes += writes.length;
      for (const { key, value } of writes) counts.written += key.length + (value?.length ?? 0);
      return store.commit(writes);
    },
  };
}

/** The bytes of all keys and values. */
function bytesOf(store) {
  let bytes = 0;
  for (let after; ; ) {
    const page = store.list({ prefix: '', limit: 1_000, ...(after !== undefined && { after }) });
    for (const { key, value } of page) if (!key.startsWith('op/')) bytes += key.length + value.length;
    if (page.length < 1_000) return bytes;
    after = page.at(-1).key;
  }
}

/** Counts for each operation, and the bytes that a token stays with. */
export async function measure() {
  const inner = memoryStore();
  const store = counted(inner);
  const tokens = await createTokens({ catalog, store, prefix: 'acme_live', usage: false });
  let number = 0;
  const create = () =>
    tokens.create(
      {
        kind: 'permission-set',
        name: `T${number++}`,
        owner: `org:o${number % 20}`,
        add: ['api:**'],
        expiresIn: '365d',
      },
      admin,
    );
  for (let warm = 0; warm < 40; warm++) await create();
  const operations = {};
  const count = async (name, run) => {
    store.take();
    const answer = await run();
    operations[name] = store.take();
    return answer;
  };
  const before = bytesOf(inner);
  const { token, record } = await count('create', create);
  for (let more = 0; more < 99; more++) await create();
  const bytes = Math.round((bytesOf(inner) - before) / 100);
  await count('verify, freshness 0', () => tokens.verify(token, 'api:p1'));
  await count('verify, freshness 0, again', () => tokens.verify(token, 'api:p1'));
  const verifier = await createVerifier({ catalog, store, prefix: 'acme_live', freshness: '5s' });
  await count('first verification of a verifier', () => verifier.verify(token, 'api:p1'));
  const [one, other] = [await create(), await create()];
  await count('first verification of another token', () => verifier.verify(one.token, 'api:p1'));
  await count('verification from the cache', () => verifier.verify(one.token, 'api:p1'));
  let now = Date.now();
  const timed = await createVerifier({
    catalog,
    store,
    prefix: 'acme_live',
    freshness: '5s',
    now: () => now,
  });
  await timed.verify(one.token, 'api:p1');
  now += 5_001;
  await count('read of the change feed', () => timed.verify(one.token, 'api:p1'));
  await count('exchange', () => tokens.exchange(other.token, {}));
  await count('revoke', () => tokens.revoke(record.id, {}, admin));
  return { bytes, operations };
}
