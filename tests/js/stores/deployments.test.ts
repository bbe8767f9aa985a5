/**
 * A store records its deployment: another prefix or another number of shards is refused with a
 * message.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LeastkeyError, MaybePromise, OnError, Store, Verdict } from 'leastkey';
import { createVerifier, type VerifierOptions } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { openStore } from 'leastkey/stores/open';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, catalog, createToken, deployment, input, PREFIX } from '../support/deployment.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startPostgres } from '../support/servers/postgres-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import { leftOut } from '../support/servers/server-process.js';
import { wrapped } from '../support/wrapped-store.js';

const META = 'meta/deployment';
const OTHER = 'acme_other';

/** The same credential with another prefix: well formed, but not valid in the store. */
const swapped = (credential: string) => OTHER + credential.slice(PREFIX.length);

/** Both prefixes, each in quotes. */
const namesBoth = new RegExp(`"${PREFIX}".*"${OTHER}"`);

/** An `onError` that collects the messages. */
function collector() {
  const reported: string[] = [];
  const onError: OnError = (error) => {
    reported.push((error as LeastkeyError).message);
  };
  return { reported, onError };
}

function verifierOf(store: Store, changes: Partial<VerifierOptions>) {
  return createVerifier({ catalog, store, prefix: PREFIX, ...changes });
}

/** A store with two connections, as two processes have. */
interface TwoConnections {
  first: Store;
  second: Store;
  close(): MaybePromise<void>;
}

function sqliteFile(): TwoConnections {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-'));
  const path = join(folder, 'tokens.db');
  const open = [sqliteStore({ path }), sqliteStore({ path })] as const;
  const close = () => {
    for (const store of open) store.close();
    rmSync(folder, { recursive: true });
  };
  return { first: open[0], second: open[1], close };
}

/** Two connections to the store of a URL, on a server that ends with them. */
async function onServer(server: { url: string; stop(): Promise<void> }): Promise<TwoConnections> {
  const [first, second] = [await openStore(server.url, { migrate: true }), await openStore(server.url)];
  const close = async () => {
    await first.close();
    await second.close();
    await server.stop();
  };
  return { first, second, close };
}

/** By the name that `LEASTKEY_WITHOUT` has for their server. */
const stores: Record<string, () => MaybePromise<TwoConnections>> = {
  memory: () => {
    const store = memoryStore();
    return { first: store, second: store, close: () => {} };
  },
  sqlite: sqliteFile,
  async postgresql() {
    const server = await startPostgres();
    return onServer({ url: server.url(), stop: () => server.stop() });
  },
  redis: async () => onServer(await startRedis()),
  async etcd() {
    const { endpoints, stop } = await startEtcd();
    return onServer({ url: `etcd://${new URL(endpoints[0] as string).host}`, stop });
  },
};

/** Whether a verdict is exactly `store_unavailable`. */
function isUnavailable({ valid, code, status, token }: Verdict) {
  assert.deepEqual([valid, code, status, token], [false, 'store_unavailable', 503, undefined]);
}

for (const [name, open] of Object.entries(stores)) {
  const isSync = ['memory', 'sqlite'].includes(name);
  describe(`two deployments on one ${name} store`, { skip: leftOut(name) }, () => {
    test('the second is refused, and changes nothing', async () => {
      const { first, second, close } = await open();
      try {
        const { token, id } = await createToken(await deployment({ store: first }));
        const tokens = await deployment({ store: second, prefix: OTHER });
        const before = await second.list({ prefix: '', limit: 100 });
        const calls = [
          () => tokens.create(input(), admin),
          () => tokens.get(id, admin),
          () => tokens.list({ owner: 'org:acme' }, admin),
          () => tokens.edit(id, { name: 'Other' }, admin),
          () => tokens.revoke(id, {}, admin),
          () => tokens.rotate(id, {}, admin),
          () => tokens.revokeAll({ owner: 'org:acme' }, {}, admin),
          () => tokens.accounts.put({ id: 'org:acme', roles: {} }, admin),
          () => tokens.exchange(swapped(token), {}),
          () => tokens.purge(),
        ];
        for (const call of calls)
          await assert.rejects(call(), { code: 'store_unavailable', message: namesBoth }, call.toString());
        assert.deepEqual(await second.list({ prefix: '', limit: 100 }), before);
      } finally {
        await close();
      }
    });

    test('the second verifies nothing, and passes the reason to onError', async () => {
      const { first, second, close } = await open();
      try {
        const { token } = await createToken(await deployment({ store: first }));
        for (const freshness of [0, '1h'] as const) {
          const { reported, onError } = collector();
          const options = { prefix: OTHER, freshness, onError };
          const tokens = await deployment({ store: second, ...options });
          const verifier = await verifierOf(second, options);
          for (const one of [tokens, verifier]) {
            isUnavailable(await one.verify(swapped(token)));
            if (isSync) isUnavailable(one.verifySync(swapped(token)) as Verdict);
            for (const verdict of await one.verifyMany([{ credential: swapped(token) }]))
              isUnavailable(verdict);
          }
          isUnavailable(await tokens.explain(swapped(token)));
          assert.equal(reported.length, isSync ? 7 : 5);
          for (const message of reported) assert.match(message, namesBoth);
        }
      } finally {
        await close();
      }
    });

    test('a change that lost a race for the empty store is refused', async () => {
      const { first, second, close } = await open();
      try {
        const [one, other] = await Promise.allSettled([
          (await deployment({ store: first })).create(input(), admin),
          (await deployment({ store: second, prefix: OTHER })).create(input(), admin),
        ]);
        const lost = [one, other].filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
        assert.equal(lost.length, 1);
        assert.match(lost[0]?.reason.message, /"acme_[a-z]+".*"acme_[a-z]+"/);
      } finally {
        await close();
      }
    });
  });
}

test('a store that is swapped under a running verifier stops it', async () => {
  const clock = { now: Date.UTC(2026, 10, 23) };
  const now = () => clock.now;
  const [ours, theirs] = [memoryStore({ now }), memoryStore({ now })];
  const { token } = await createToken(await deployment({ store: ours, now }));
  await createToken(await deployment({ store: theirs, now, prefix: OTHER }));
  let current: Store = ours;
  const store = wrapped(ours, { get: (keys) => current.get(keys) });
  const { reported, onError } = collector();
  const verifier = await verifierOf(store, { now, onError, freshness: '5s' });
  assert.equal((await verifier.verify(token)).code, 'valid');
  current = theirs;
  clock.now += 5_000;
  isUnavailable(await verifier.verify(token));
  assert.match(reported[0] as string, /"acme_other"/);
  current = ours;
  assert.equal((await verifier.verify(token)).code, 'valid');
});

test('a store without a deployment record was made by an older version', async () => {
  const store = memoryStore();
  const tokens = await deployment({ store });
  const { token, id } = await createToken(tokens);
  store.commit([{ key: META, value: null }]);
  const older = { code: 'store_unavailable', message: /older version.*meta\/deployment/ };
  await assert.rejects(tokens.create(input(), admin), older);
  await assert.rejects(tokens.get(id, admin), older);
  for (const freshness of [0, '1h'] as const) {
    const { reported, onError } = collector();
    isUnavailable(await (await verifierOf(store, { freshness, onError })).verify(token));
    assert.match(reported[0] as string, freshness === 0 ? older.message : /older version/);
  }
});

test('an empty store has no deployment until the first change; its record can be read by every deployment', async () => {
  const store = memoryStore();
  const recordKey = '5e'.repeat(32);
  const empty = await deployment({ store, prefix: OTHER, recordKey });
  assert.deepEqual((await empty.list({ owner: 'org:acme' }, admin)).items, []);
  const verifier = await verifierOf(store, { recordKey });
  assert.equal((await verifier.verify(`${PREFIX}_2${'0'.repeat(52)}`)).valid, false);
  await createToken(await deployment({ store, recordKey }));
  const [stored] = store.get([META]);
  const { value, mac } = JSON.parse(stored as string);
  assert.deepEqual(value, { prefix: PREFIX, shards: 16, form: 1 });
  assert.match(mac, /^[0-9a-f]{64}$/);
  await assert.rejects(empty.create(input(), admin), { code: 'store_unavailable', message: namesBoth });
});

/** Keys of each read. */
function reading(store: Store) {
  const reads: string[][] = [];
  const counted = wrapped(store, {
    get(keys) {
      reads.push(keys);
      return store.get(keys);
    },
  });
  return { reads, counted };
}

test('the deployment check costs no read: a verification makes two, the first of record and deployment', async () => {
  const store = memoryStore();
  const { token, id } = await createToken(await deployment({ store }));
  const { reads, counted } = reading(store);
  const verifier = await verifierOf(counted, {});
  assert.equal((await verifier.verify(token)).code, 'valid');
  assert.deepEqual(reads[0], [`token/${id}`, META]);
  assert.equal(reads.length, 2);
  reads.length = 0;
  const tokens = await deployment({ store: counted });
  await tokens.revoke(id, {}, admin);
  assert.equal(reads.filter((keys) => keys.includes(META)).length, 1);
  assert.ok((reads[0]?.length ?? 0) > 1, 'with what the operation reads first');
});

describe('the number of shards', () => {
  test('64: a reader learns it, and reads heads and deployment with one get', async () => {
    const clock = { now: Date.UTC(2026, 10, 23) };
    const now = () => clock.now;
    const store = memoryStore({ now });
    const tokens = await deployment({ store, now, shards: 64 });
    const made = await Promise.all(Array.from({ length: 8 }, () => createToken(tokens)));
    const { reads, counted } = reading(store);
    const verifier = await verifierOf(counted, { now, freshness: '5s' });
    const codes = async () =>
      (await Promise.all(made.map(({ token }) => verifier.verify(token)))).map(({ code }) => code);
    assert.deepEqual(new Set(await codes()), new Set(['valid']));
    assert.equal(reads[0]?.length, 17, '16 are assumed');
    for (const { id } of made) {
      await tokens.revoke(id, {}, admin);
      clock.now += 5_000;
      reads.length = 0;
      const found = await codes();
      assert.equal(
        found.filter((code) => code === 'revoked').length,
        made.findIndex((one) => one.id === id) + 1,
      );
      assert.equal(reads[0]?.length, 65);
      assert.ok(reads[0]?.includes(META) && reads[0].includes('feed/3f'));
      assert.equal(reads.filter((keys) => keys.includes(META) && keys.length > 60).length, 1);
    }
  });

  test('is fixed by the first change: another is refused, none takes that of the store', async () => {
    const store = memoryStore();
    const { token, id } = await createToken(await deployment({ store, shards: 32 }));
    for (const shards of [16, 64] as const) {
      const other = await deployment({ store, shards });
      const refused = { code: 'store_unavailable', message: new RegExp(`has 32 shards.*says ${shards}`) };
      await assert.rejects(other.revoke(id, {}, admin), refused);
      await assert.rejects(other.create(input(), admin), refused);
      assert.equal((await other.verify(token)).code, 'valid');
    }
    await (await deployment({ store, shards: 32 })).disable(id, admin);
    await (await deployment({ store })).enable(id, admin);
    const heads = (await store.list({ prefix: 'feed/', limit: 100 })).map(({ key }) => key);
    assert.ok(heads.length > 0 && heads.every((key) => /^feed\/[01][0-9a-f]$/.test(key)), heads.join());
  });

  test('is 16, 32 or 64', async () => {
    for (const shards of [0, 1, 48, 65, 16.5, '16', null]) {
      await assert.rejects(deployment({ store: memoryStore(), shards: shards as never }), {
        code: 'invalid_input',
        message: /shards: expected 16, 32 or 64/,
      });
    }
  });
});
