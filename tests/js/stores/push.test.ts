/** Pushes of real servers: a change is honoured sooner, a lost push changes nothing. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import type { Store, WatchableStore } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { broadcastStore } from 'leastkey/stores/broadcast';
import { etcdStore } from 'leastkey/stores/etcd';
import { memoryStore } from 'leastkey/stores/memory';
import { openStore } from 'leastkey/stores/open';
import { postgresStore } from 'leastkey/stores/postgres';
import { redisStore } from 'leastkey/stores/redis';
import pg from 'pg';
import postgres from 'postgres';
import { createClient } from 'redis';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { type LossyPipe, lossyPipe } from '../support/lossy-pipe.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startPostgres } from '../support/servers/postgres-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import { leftOut } from '../support/servers/server-process.js';

const HOUR = 3_600_000;

/** The most that a push may take on a busy machine, in milliseconds. */
const PATIENCE = 30_000;

/** A server with two connections to its store; one of them loses pushes. */
interface Setup {
  /** What others use. */
  writer: Store;
  /** What watches. */
  watching: Store & Pick<WatchableStore, 'watch'>;
  pipe?: LossyPipe;
  /** A push that means nothing. */
  garbage(): Promise<unknown>;
  /** Ends the connection that listens. */
  cut?(): Promise<unknown>;
  close(): Promise<void>;
}

const setups: Record<string, { packageName?: string; open(): Promise<Setup> }> = {
  'PostgreSQL with pg': { packageName: 'postgresql', open: () => onPostgres('pg') },
  'PostgreSQL with postgres': { packageName: 'postgresql', open: () => onPostgres('postgres') },
  'Redis with redis': { packageName: 'redis', open: () => onRedis('redis') },
  'Redis with ioredis': { packageName: 'redis', open: () => onRedis('ioredis') },
  etcd: { packageName: 'etcd', open: onEtcd },
  'a BroadcastChannel': { open: onBroadcast },
};

async function onPostgres(driver: 'pg' | 'postgres'): Promise<Setup> {
  const server = await startPostgres();
  const pipe = await lossyPipe(server.port);
  const through = server.url().replace(`:${server.port}/`, `:${pipe.port}/`);
  const pools = [new pg.Pool({ connectionString: server.url() }), new pg.Pool({ connectionString: through })];
  for (const pool of pools) pool.on('error', () => {});
  const sql = postgres(through, { fetch_types: false, backoff: () => 0.2 });
  const [direct, proxied] = pools as [pg.Pool, pg.Pool];
  const writer = postgresStore(direct, { push: true });
  await writer.migrate();
  return {
    writer,
    watching: postgresStore(driver === 'pg' ? proxied : sql),
    pipe,
    garbage: () => server.sql('NOTIFY leastkey_entries_changed, \'{"revoked": "everything"\''),
    cut: () =>
      server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%'`),
    async close() {
      await pipe.close();
      await Promise.all([direct.end(), proxied.end(), sql.end({ timeout: 1 })]);
      await server.stop();
    },
  };
}

async function onRedis(driver: 'redis' | 'ioredis'): Promise<Setup> {
  const server = await startRedis();
  const pipe = await lossyPipe(server.port);
  const through = `redis://127.0.0.1:${pipe.port}`;
  const command = createClient({ url: server.url });
  const client = createClient({ url: through });
  for (const one of [command, client]) one.on('error', () => {});
  await Promise.all([command.connect(), client.connect()]);
  const io = new Redis(through, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });
  io.on('error', () => {});
  const writer = redisStore(command, { push: true });
  await writer.migrate();
  return {
    writer,
    watching: redisStore(driver === 'redis' ? client : io),
    pipe,
    garbage: () => command.publish('{leastkey}:values', '\xff'.repeat(1_000)),
    cut: () => command.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']),
    async close() {
      for (const one of [command, client]) one.destroy();
      io.disconnect();
      await pipe.close();
      await server.stop();
    },
  };
}

async function onEtcd(): Promise<Setup> {
  const cluster = await startEtcd();
  const [endpoint = ''] = cluster.endpoints;
  const pipe = await lossyPipe(Number(new URL(endpoint).port));
  const writer = etcdStore({ endpoints: endpoint });
  await writer.migrate();
  const put = { key: btoa('leastkey/v/feed/zz'), value: btoa('garbage') };
  const node = cluster.nodes[0];
  return {
    writer,
    watching: etcdStore({ endpoints: `http://127.0.0.1:${pipe.port}` }),
    pipe,
    garbage: () => cluster.ask('kv/put', put),
    async cut() {
      await node?.stop('SIGKILL');
      await node?.start();
    },
    async close() {
      await pipe.close();
      await cluster.stop();
    },
  };
}

async function onBroadcast(): Promise<Setup> {
  const inner = memoryStore();
  const channel = new BroadcastChannel('leastkey-test');
  return {
    writer: broadcastStore(inner, 'leastkey-test'),
    watching: broadcastStore(inner, 'leastkey-test'),
    garbage: async () => channel.postMessage({ revoked: ['everything'] }),
    close: async () => channel.close(),
  };
}

/** Counts pushes, and waits for the next one. */
function listener() {
  let count = 0;
  let heard = () => {};
  return {
    get count() {
      return count;
    },
    push() {
      count += 1;
      heard();
    },
    /** Resolves at the first push after this many. */
    after(before: number): Promise<void> {
      return new Promise((resolve, reject) => {
        const tooLate = setTimeout(() => reject(new Error('no push came')), PATIENCE);
        heard = () => {
          if (count <= before) return;
          clearTimeout(tooLate);
          resolve();
        };
        heard();
      });
    },
  };
}

for (const [name, { packageName, open }] of Object.entries(setups)) {
  describe(`pushes of ${name}`, {
    skip: packageName !== undefined && leftOut(packageName),
  }, () => {
    test('a revocation is honoured before the window ends; lost and wrong pushes change nothing', async () => {
      const { writer, watching, pipe, garbage, cut, close } = await open();
      let stop = async () => {};
      try {
        const clock = { now: Date.now() };
        const now = () => clock.now;
        const manager = await deployment({ store: writer, now });
        const made = [await createToken(manager), await createToken(manager), await createToken(manager)];
        const [pushed, lost, kept] = made as [
          (typeof made)[number],
          (typeof made)[number],
          (typeof made)[number],
        ];
        // Its reads do not go through the pipe.
        const verifier = await createVerifier({
          catalog,
          store: writer,
          prefix: PREFIX,
          freshness: '1h',
          now,
        });
        const code = async (token: string) => (await verifier.verify(token)).code;
        for (const { token } of made) assert.equal(await code(token), 'valid');
        const heard = listener();
        stop = await watching.watch(() => {
          heard.push();
          verifier.invalidate();
        });

        await manager.revoke(pushed.id, {}, admin);
        await heard.after(0);
        clock.now += 1_000;
        assert.equal(await code(pushed.token), 'revoked');

        const before = heard.count;
        await garbage();
        await heard.after(before);
        clock.now += 1_000;
        for (const { token } of [kept, lost]) assert.equal(await code(token), 'valid');
        assert.equal(await code(pushed.token), 'revoked');

        if (cut !== undefined && pipe !== undefined) {
          pipe.isLosing = true;
          const silent = heard.count;
          await manager.revoke(lost.id, {}, admin);
          clock.now += 1_000;
          assert.equal(await code(lost.token), 'valid', 'the push did not come, and the window goes on');
          clock.now += HOUR;
          assert.equal(await code(lost.token), 'revoked');
          assert.equal(heard.count, silent);
          pipe.isLosing = false;

          // A connection that ends is made again, which counts as a push.
          const broken = heard.count;
          await cut();
          await heard.after(broken);
          const again = heard.count;
          await manager.disable(kept.id, admin);
          await heard.after(again);
        }
        await stop();
        const stopped = heard.count;
        await garbage();
        await manager.enable(kept.id, admin).catch(() => {});
        assert.equal((await verifier.verify(pushed.token, undefined, { freshness: 0 })).code, 'revoked');
        assert.equal(heard.count, stopped);
      } finally {
        await stop();
        await close();
      }
    });
  });
}

test('a creation pushes nothing, and neither does a store without the option', {
  skip: leftOut('redis'),
}, async () => {
  const server = await startRedis();
  const [writer, silent] = [
    await openStore(server.url, { migrate: true, push: true }),
    await openStore(server.url),
  ];
  const heard = listener();
  const stop = await silent.watch?.(heard.push);
  try {
    const tokens = await deployment({ store: writer });
    const { id } = await createToken(tokens);
    await (await deployment({ store: silent })).disable(id, admin);
    assert.equal(heard.count, 0);
    await tokens.enable(id, admin);
    await heard.after(0);
    assert.equal(heard.count, 1);
  } finally {
    await stop?.();
    await Promise.all([writer.close(), silent.close()]);
    await server.stop();
  }
});

test('a client that cannot listen is told what can', async () => {
  const client = new pg.Client();
  await assert.rejects(
    postgresStore(client).watch(() => {}),
    { code: 'invalid_input', path: 'client' },
  );
  const one = redisStore({ sendCommand: async () => undefined });
  await assert.rejects(
    one.watch(() => {}),
    { code: 'invalid_input', path: 'client' },
  );
  assert.throws(() => broadcastStore(memoryStore(), ''), { code: 'invalid_input', path: 'name' });
});
