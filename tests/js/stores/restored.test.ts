/**
 * Backups that are restored under running verifiers, and record keys, on the stores with servers: a
 * verifier notices that the change feed was set back, and evicts what it has.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVerifier } from 'leastkey/edge';
import { openStore } from 'leastkey/stores/open';
import { createClient } from 'redis';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startPostgres } from '../support/servers/postgres-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import { leftOut } from '../support/servers/server-process.js';

const HOUR = 3_600_000;

interface Server {
  url: string;
  /** Keeps the content as it is now. */
  backup(): Promise<unknown>;
  /** Puts it back. */
  restore(): Promise<unknown>;
  stop(): Promise<void>;
}

/** By the name that `LEASTKEY_WITHOUT` has for their server. */
const servers: Record<string, () => Promise<Server>> = {
  async postgresql() {
    const server = await startPostgres();
    return {
      url: server.url(),
      backup: () => server.sql('CREATE TABLE kept AS TABLE leastkey_entries'),
      restore: () =>
        server.sql('BEGIN; TRUNCATE leastkey_entries; INSERT INTO leastkey_entries TABLE kept; COMMIT'),
      stop: () => server.stop(),
    };
  },
  async redis() {
    const server = await startRedis();
    const client = createClient({ url: server.url });
    await client.connect();
    const names = ['values', 'keys', 'expiring'];
    const copy = (from: string, to: string) =>
      Promise.all(
        names.map((name) => client.sendCommand(['COPY', `${from}:${name}`, `${to}:${name}`, 'REPLACE'])),
      );
    return {
      url: server.url,
      backup: () => copy('{leastkey}', '{kept}'),
      restore: () => copy('{kept}', '{leastkey}'),
      async stop() {
        client.destroy();
        await server.stop();
      },
    };
  },
  async etcd() {
    const cluster = await startEtcd();
    const all = { key: btoa('leastkey/'), range_end: btoa('leastkey0') };
    let kept: { key: string; value?: string }[] = [];
    return {
      url: `etcd://${new URL(cluster.endpoints[0] as string).host}`,
      async backup() {
        kept = (await cluster.ask('kv/range', all)).kvs as typeof kept;
      },
      async restore() {
        await cluster.ask('kv/deleterange', all);
        for (const { key, value = '' } of kept) await cluster.ask('kv/put', { key, value });
      },
      stop: () => cluster.stop(),
    };
  },
};

for (const [name, start] of Object.entries(servers)) {
  describe(`on ${name}`, { skip: leftOut(name) }, () => {
    test('a verifier notices a restore, however many changes follow it', async () => {
      const server = await start();
      const store = await openStore(server.url, { migrate: true });
      try {
        const clock = { now: Date.now() };
        const now = () => clock.now;
        const tokens = await deployment({ store, now });
        const [lost, kept] = [await createToken(tokens), await createToken(tokens)];
        await tokens.disable(kept.id, admin);
        await tokens.enable(kept.id, admin);
        const verifier = await createVerifier({ catalog, store, prefix: PREFIX, freshness: '1h', now });
        const code = async (token: string) => (await verifier.verify(token)).code;

        await server.backup();
        await tokens.revoke(lost.id, {}, admin);
        assert.deepEqual([await code(lost.token), await code(kept.token)], ['revoked', 'valid']);
        await server.restore();
        // As many changes as were lost, and one more: the count of the feed is ahead again.
        const after = await deployment({ store, now });
        await after.disable(kept.id, admin);
        await after.edit(lost.id, { name: 'Restored' }, admin);
        clock.now += HOUR;
        assert.equal(await code(kept.token), 'disabled');
        // No store can know of the revocation: `leastkey store reconcile` ends it again.
        assert.equal((await verifier.verify(lost.token, undefined, { freshness: 0 })).code, 'valid');
      } finally {
        await store.close();
        await server.stop();
      }
    });

    test('values are sealed with a record key, and a changed one is refused', async () => {
      const server = await start();
      const store = await openStore(server.url, { migrate: true });
      try {
        const tokens = await deployment({ store, recordKey: 'a1'.repeat(32) });
        const [one, other] = [await createToken(tokens), await createToken(tokens)];
        const [first, second] = await store.get([`token/${one.id}`, `token/${other.id}`]);
        for (const { value } of await store.list({ prefix: '', limit: 100 }))
          assert.match(value, /"mac":"[0-9a-f]{64}"\}$/);
        await store.commit([{ key: `token/${one.id}`, expect: first as string, value: second as string }]);
        assert.equal((await tokens.verify(one.token)).code, 'store_unavailable');
        assert.equal((await tokens.verify(other.token)).code, 'valid');
      } finally {
        await store.close();
        await server.stop();
      }
    });
  });
}
