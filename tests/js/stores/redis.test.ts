/** The Redis store against a real server, with both clients. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import type { DatabaseStore } from 'leastkey';
import { faultProxy } from 'leastkey/store-kit/proxy';
import { type RedisClient, type RedisStoreOptions, redisStore } from 'leastkey/stores/redis';
import { createClient, createCluster, createSentinel } from 'redis';
import { admin, createToken, deployment } from '../support/deployment.js';
import { type RedisServer, startRedis } from '../support/servers/redis-server.js';
import { killAndStart, leftOut } from '../support/servers/server-process.js';
import { assertNeedsMigrate } from './needs-migrate.js';
import { storeContract } from './store-contract.js';

const NO_RESEND = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };

let server: RedisServer;
let namespaces = 0;

/** A namespace that no other test uses. */
const freshNamespace = () => `test:${++namespaces}`;

interface Connected {
  client: RedisClient;
  send(args: string[]): Promise<unknown>;
  close(): void;
}

const clients: Record<string, (url: string) => Promise<Connected>> = {
  async redis(url) {
    const client = createClient({ url });
    client.on('error', () => {});
    await client.connect();
    return { client, send: (args) => client.sendCommand(args), close: () => client.destroy() };
  },
  async ioredis(url) {
    const client = new Redis(url, NO_RESEND);
    client.on('error', () => {});
    await new Promise((resolve) => client.once('ready', resolve));
    return {
      client,
      send: ([command = '', ...args]) => client.call(command, ...args),
      close: () => client.disconnect(),
    };
  },
};

const connect = (url = server.url) => (clients.redis as (url: string) => Promise<Connected>)(url);

/** Runs a test with a store on a client of `redis`. */
async function withStore(
  run: (store: DatabaseStore, send: Connected['send'], namespace: string) => Promise<void>,
  { url, ...options }: RedisStoreOptions & { url?: string } = {},
) {
  const { client, send, close } = await connect(url);
  const namespace = freshNamespace();
  try {
    await run(redisStore(client, { namespace, ...options }), send, namespace);
  } finally {
    close();
  }
}

const refused = (message: RegExp) => ({ name: 'LeastkeyError', code: 'store_unavailable', message });

describe('Redis', { skip: leftOut('redis') }, () => {
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.stop());

  for (const [name, open] of Object.entries(clients)) {
    const openStores = async () => {
      let now = 0;
      const proxy = await faultProxy({ port: server.port });
      const urls = [server.url, server.url, server.url.replace(`:${server.port}`, `:${proxy.port}`)];
      const opened = await Promise.all(urls.map((url) => open(url)));
      const options = { namespace: freshNamespace(), now: () => now };
      const [store, other, through] = opened.map(({ client }) => redisStore(client, options));
      await store?.migrate();
      return {
        store: store as DatabaseStore,
        other: other as DatabaseStore,
        link: proxy.link(through as DatabaseStore),
        kill: () => killAndStart(server.process),
        setClock(instant: number) {
          now = instant;
        },
        async close() {
          for (const { close } of opened) close();
          await proxy.close();
        },
      };
    };
    storeContract(`Redis with ${name}`, openStores, ['kill', 'link']);
  }

  test('migrate may run twice, and without it every call says to call it', async () => {
    await withStore((store) => assertNeedsMigrate(store, refused(/call migrate\(\) once.*lost its data/)));
  });

  test('a Redis that lost its data is refused, and not taken for an empty one', async () => {
    const own = await startRedis();
    try {
      await withStore(
        async (store, send) => {
          await store.migrate();
          const tokens = await deployment({ store });
          const { token } = await createToken(tokens);
          await send(['FLUSHALL']);
          assert.equal((await tokens.verify(token)).code, 'store_unavailable');
        },
        { url: own.url },
      );
    } finally {
      await own.stop();
    }
  });

  test('keys of another program and of a newer version are refused, and stay as they are', async () => {
    await withStore(async (store, send, namespace) => {
      await send(['SET', `{${namespace}}:values`, 'mine']);
      const foreign = refused(/belong to another program; give another namespace/);
      for (const call of [
        () => store.migrate(),
        () => store.check(),
        () => store.commit([{ key: 'a', value: '1' }]),
      ])
        await assert.rejects(call(), foreign);
      await assert.rejects(store.get(['a']), /WRONGTYPE/);
      assert.equal(await send(['GET', `{${namespace}}:values`]), 'mine');
    });
    await withStore(async (store, send, namespace) => {
      await send(['HSET', `{${namespace}}:values`, '\0', '2']);
      const newer = refused(/format 2; this one knows 1.*update leastkey/);
      for (const call of [
        () => store.migrate(),
        () => store.get(['a']),
        () => store.commit([{ key: 'a', value: '1' }]),
      ])
        await assert.rejects(call(), newer);
      assert.deepEqual(await send(['HLEN', `{${namespace}}:values`]), 1);
    });
  });

  test('settings that lose acknowledged changes are refused, each with its cure', async () => {
    const cases: [setting: string, value: string, RegExp][] = [
      ['appendonly', 'no', /set appendonly yes/],
      ['appendfsync', 'everysec', /appendfsync is everysec.*set appendfsync always/],
      ['no-appendfsync-on-rewrite', 'yes', /no-appendfsync-on-rewrite.*set it to no/],
      ['maxmemory-policy', 'allkeys-lru', /allkeys-lru evicts.*noeviction/],
    ];
    for (const [setting, value, message] of cases) {
      const own = await startRedis({ [setting]: value });
      try {
        await withStore(
          async (store, send) => {
            for (const call of [() => store.migrate(), () => store.get(['a'])])
              await assert.rejects(call(), refused(message));
            assert.equal(await send(['DBSIZE']), 0);
          },
          { url: own.url },
        );
        const allowed = setting !== 'maxmemory-policy';
        const durable = { url: own.url, durable: true };
        await withStore(async (store) => {
          if (allowed) await store.migrate();
          else await assert.rejects(store.migrate(), refused(message));
        }, durable);
      } finally {
        await own.stop();
      }
    }
    // An eviction of keys with a time to live evicts none of Leastkey's.
    const own = await startRedis({ 'maxmemory-policy': 'volatile-lru' });
    try {
      await withStore((store) => store.migrate(), { url: own.url });
    } finally {
      await own.stop();
    }
  });

  test('a server whose CONFIG is forbidden needs durable: true', async () => {
    const own = await startRedis({ 'rename-command': 'CONFIG ""' });
    try {
      await withStore(
        (store) => assert.rejects(store.migrate(), refused(/CONFIG GET is not allowed.*durable: true/)),
        {
          url: own.url,
        },
      );
      await withStore((store) => store.migrate(), { url: own.url, durable: true });
    } finally {
      await own.stop();
    }
  });

  test('a replica, and a master with a replica, are refused, also when they become one later', async () => {
    const master = await startRedis();
    const replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` });
    try {
      const [ours, theirs] = [await connect(master.url), await connect(replica.url)];
      try {
        const isSynced = async () =>
          String(await theirs.send(['INFO', 'replication'])).includes('link_status:up');
        while (!(await isSynced())) await new Promise((resolve) => setTimeout(resolve, 50));
        const replicas = refused(/replicas are connected.*durable: true/);
        await assert.rejects(redisStore(ours.client).migrate(), replicas);
        await redisStore(ours.client, { durable: true }).migrate();
        for (const durable of [false, true])
          await assert.rejects(redisStore(theirs.client, { durable }).get(['a']), refused(/is a replica/));
        // A store that was right when it was opened.
        await theirs.send(['REPLICAOF', 'NO', 'ONE']);
        const isAlone = async () =>
          String(await ours.send(['INFO', 'replication'])).includes('connected_slaves:0');
        while (!(await isAlone())) await new Promise((resolve) => setTimeout(resolve, 50));
        const [store, other] = [redisStore(ours.client), redisStore(theirs.client)];
        assert.deepEqual(await Promise.all([store.get(['a']), other.get(['a'])]), [[null], [null]]);
        await theirs.send(['REPLICAOF', '127.0.0.1', String(master.port)]);
        while (await isAlone()) await new Promise((resolve) => setTimeout(resolve, 50));
        for (const [one, message] of [
          [store, replicas],
          [other, refused(/is a replica/)],
        ] as const) {
          await assert.rejects(one.get(['a']), message);
          await assert.rejects(one.list({ prefix: '', limit: 1 }), message);
          await assert.rejects(one.commit([{ key: 'a', value: '1' }]), message);
        }
      } finally {
        ours.close();
        theirs.close();
      }
    } finally {
      await replica.stop();
      await master.stop();
    }
  });

  test('a server in cluster mode is refused', async () => {
    const own = await startRedis({ 'cluster-enabled': 'yes' });
    try {
      await withStore((store) => assert.rejects(store.migrate(), refused(/a cluster loses/)), {
        url: own.url,
      });
    } finally {
      await own.stop();
    }
  });

  test('a user without rights is told which it needs', async () => {
    await withStore(async (store, send, namespace) => {
      await store.migrate();
      await send([
        'ACL',
        'SETUSER',
        'ada',
        'on',
        '>secret',
        `~{${namespace}}:*`,
        '+@read',
        '+info',
        '+config|get',
      ]);
      const { client, close } = await connect(server.url.replace('//', '//ada:secret@'));
      try {
        const mayNot = refused(/may not run this; ACL SETUSER.*nothing was changed/);
        await assert.rejects(redisStore(client, { namespace }).commit([{ key: 'a', value: '1' }]), mayNot);
        await send(['ACL', 'SETUSER', 'ada', '+@write', '+@scripting']);
        assert.equal(await redisStore(client, { namespace }).commit([{ key: 'a', value: '1' }]), true);
      } finally {
        close();
      }
    });
  });

  test('a full memory refuses changes, and reads go on', async () => {
    const own = await startRedis();
    try {
      await withStore(
        async (store, send) => {
          await store.migrate();
          await store.commit([{ key: 'a', value: '1' }]);
          await send(['CONFIG', 'SET', 'maxmemory', '1']);
          await assert.rejects(
            store.commit([{ key: 'a', value: '2' }]),
            refused(/memory is full.*nothing was changed/),
          );
          assert.deepEqual(await store.get(['a']), ['1']);
          await send(['CONFIG', 'SET', 'maxmemory', '0']);
          assert.equal(await store.commit([{ key: 'a', value: '2' }]), true);
        },
        { url: own.url },
      );
    } finally {
      await own.stop();
    }
  });

  test('a server that was killed comes back with every acknowledged change', async () => {
    const own = await startRedis();
    try {
      const { client, close } = await connect(own.url);
      try {
        const store = redisStore(client);
        await store.migrate();
        const tokens = await deployment({ store, deadline: '60s' });
        const { token, id } = await createToken(tokens);
        await tokens.revoke(id, {}, admin);
        await own.process.stop('SIGKILL');
        await own.process.start();
        assert.equal((await tokens.verify(token)).code, 'revoked');
      } finally {
        close();
      }
    } finally {
      await own.stop();
    }
  });
});

test('clients that send a command again, and clients of several servers, are refused', () => {
  const lazy = { lazyConnect: true };
  const resends = /maxRetriesPerRequest: 0/;
  const several = /loses acknowledged changes/;
  const cases: [client: object, RegExp][] = [
    [new Redis(lazy), resends],
    [new Redis({ ...lazy, autoResendUnfulfilledCommands: false }), resends],
    [new Redis({ ...lazy, maxRetriesPerRequest: 0 }), resends],
    [new Redis({ ...lazy, ...NO_RESEND, sentinels: [{ host: '127.0.0.1' }], name: 'm' }), several],
    [new Redis.Cluster([], lazy), several],
    [createCluster({ rootNodes: [] }), several],
    [createSentinel({ name: 'm', sentinelRootNodes: [] }), several],
    [{}, /expected a client of redis/],
  ];
  for (const [client, message] of cases)
    assert.throws(() => redisStore(client as RedisClient), { code: 'invalid_input', message });
  redisStore(new Redis({ ...lazy, ...NO_RESEND }));
  const pool = createClient();
  assert.throws(() => redisStore(pool, { namespace: 'a b' }), { code: 'invalid_input', path: 'namespace' });
});
