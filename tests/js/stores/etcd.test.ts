/** The etcd store against real clusters, of one node and of three. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { DatabaseStore } from 'leastkey';
import { faultProxy } from 'leastkey/store-kit/proxy';
import { type EtcdStoreOptions, etcdStore } from 'leastkey/stores/etcd';
import { admin, createToken, deployment } from '../support/deployment.js';
import { type EtcdCluster, startEtcd } from '../support/servers/etcd-server.js';
import {
  freePorts,
  HOST,
  killAndStart,
  leftOut,
  type ServerProcess,
} from '../support/servers/server-process.js';
import { assertNeedsMigrate } from './needs-migrate.js';
import { storeContract } from './store-contract.js';

/** On a busy machine a node may take long; the stores of these tests wait. */
const PATIENT = { timeout: '30s' } as const;

let cluster: EtcdCluster;
let prefixes = 0;

/** A prefix that no other test uses. */
const freshPrefix = () => `test/${++prefixes}`;

const storeOf = (options: Partial<EtcdStoreOptions> = {}) =>
  etcdStore({ endpoints: cluster.endpoints, ...PATIENT, ...options });

const refused = (message: RegExp) => ({ name: 'LeastkeyError', code: 'store_unavailable', message });

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('etcd', { skip: leftOut('etcd') }, () => {
  before(async () => {
    cluster = await startEtcd();
  });
  after(() => cluster?.stop());

  const openStores = async () => {
    let now = 0;
    const options = { prefix: freshPrefix(), now: () => now };
    const [store, other] = [storeOf(options), storeOf(options)] as const;
    await store.migrate();
    const proxy = await faultProxy({ port: Number(new URL(cluster.endpoints[0] as string).port) });
    const through = storeOf({ ...options, endpoints: [`http://${proxy.host}:${proxy.port}`] });
    return {
      store,
      other,
      link: proxy.link(through),
      kill: () => killAndStart(cluster.nodes[0] as ServerProcess),
      setClock(instant: number) {
        now = instant;
      },
      close: () => proxy.close(),
    };
  };
  storeContract('etcd', openStores, ['kill', 'link']);

  test('migrate may run twice, and without it every call says to call it', async () => {
    await assertNeedsMigrate(
      storeOf({ prefix: freshPrefix() }),
      refused(/call migrate\(\) once.*lost its data/),
    );
  });

  test('keys of another program and of a newer version are refused, and stay as they are', async () => {
    const [foreign, newer] = [freshPrefix(), freshPrefix()];
    const put = (key: string, value: string) =>
      cluster.ask('kv/put', { key: base64(key), value: base64(value) });
    await put(`${foreign}/mine`, '1');
    await put(`${newer}/format`, '2');
    const theirs = refused(/belong to another program; give another prefix/);
    await assert.rejects(storeOf({ prefix: foreign }).migrate(), theirs);
    await assert.rejects(storeOf({ prefix: foreign }).commit([{ key: 'a', value: '1' }]), refused(/migrate/));
    const store = storeOf({ prefix: newer });
    for (const call of [
      () => store.migrate(),
      () => store.get(['a']),
      () => store.commit([{ key: 'a', value: '1' }]),
      () => store.check(),
    ])
      await assert.rejects(call(), refused(/format 2; this one knows 1.*update leastkey/));
    const all = { key: base64('test/'), range_end: base64('test0'), keys_only: true };
    const { kvs } = (await cluster.ask('kv/range', all)) as { kvs: { key: string }[] };
    const keys = kvs.map(({ key }) => Buffer.from(key, 'base64').toString());
    const here = keys.filter((key) => key.startsWith(`${foreign}/`) || key.startsWith(`${newer}/`));
    assert.deepEqual(here.sort(), [`${foreign}/mine`, `${newer}/format`].sort());
  });

  test('a key that was written again is not dropped with its older expiry', async () => {
    let now = 1_000;
    const store = storeOf({ prefix: freshPrefix(), now: () => now });
    await store.migrate();
    await store.commit([
      { key: 'a', value: '1', expiresAt: 2_000 },
      { key: 'b', value: '1', expiresAt: 2_000 },
      { key: 'c', value: '1', expiresAt: 2_000 },
    ]);
    await store.commit([
      { key: 'a', value: '2', expiresAt: 9_000 },
      { key: 'b', value: null },
    ]);
    await store.commit([{ key: 'b', value: '3' }]);
    now = 5_000;
    await store.commit([{ key: 'touch', value: '1' }]);
    assert.deepEqual(await store.get(['a', 'b', 'c']), ['2', '3', null]);
    now = 10_000;
    await store.commit([{ key: 'touch', value: '1' }]);
    assert.deepEqual(await store.get(['a', 'b']), [null, '3']);
  });

  test('32 writes of the longest values fit one commit with what they expect', async () => {
    const store = storeOf({ prefix: freshPrefix() });
    await store.migrate();
    const value = 'v'.repeat(16_000);
    const writes = Array.from({ length: 32 }, (_, at) => ({
      key: `k/${at}`,
      expect: null,
      value,
      expiresAt: 1e15,
    }));
    assert.equal(await store.commit(writes), true);
    assert.equal(await store.commit(writes.map((write) => ({ ...write, expect: value }))), true);
    const large = { key: 'large', value: 'v'.repeat(320_000) };
    assert.equal(await store.commit([large]), true);
    const tooLarge = refused(/request is too large; nothing was changed/);
    await assert.rejects(store.commit([{ key: 'large', value: 'v'.repeat(2_000_000) }]), tooLarge);
    assert.deepEqual(await store.get(['large']), [large.value]);
    const keys = Array.from({ length: 300 }, (_, at) => `k/${at}`);
    assert.equal((await store.get(keys)).filter((found) => found === value).length, 32);
  });

  test('a lost answer to a commit is an unknown outcome, and the commit is not sent again', async () => {
    const prefix = freshPrefix();
    const direct = storeOf({ prefix });
    await direct.migrate();
    const proxies = await Promise.all([cuttingProxy(), cuttingProxy()]);
    try {
      const endpoints = proxies.map(({ port }) => `http://${HOST}:${port}`);
      const store = storeOf({ prefix, endpoints });
      assert.deepEqual(await store.get(['count']), [null]);
      for (const proxy of proxies) proxy.cut = true;
      await assert.rejects(
        store.commit([{ key: 'count', expect: null, value: '1' }]),
        (error: Error) => error.name !== 'LeastkeyError',
      );
      assert.deepEqual(await direct.get(['count']), ['1'], 'it was applied');
      for (const proxy of proxies) proxy.cut = false;
      assert.deepEqual(await store.get(['count']), ['1']);
      assert.equal(proxies.filter(({ commits }) => commits > 0).length, 1);
    } finally {
      for (const proxy of proxies) proxy.close();
    }
  });

  test('without a node nothing is changed, and that is said', async () => {
    const [port] = await freePorts(1);
    const store = storeOf({ endpoints: `http://${HOST}:${port}` });
    const unreachable = refused(/no node can be reached; nothing was changed/);
    await assert.rejects(store.commit([{ key: 'a', value: '1' }]), unreachable);
    await assert.rejects(store.get(['a']), (error: Error) => error.name !== 'LeastkeyError');
    // One of several that is down costs nothing.
    const prefix = freshPrefix();
    const half = storeOf({ prefix, endpoints: [`http://${HOST}:${port}`, ...cluster.endpoints] });
    await half.migrate();
    assert.equal(await half.commit([{ key: 'a', value: '1' }]), true);
    assert.deepEqual(await half.get(['a']), ['1']);
  });

  test('the size, the alarm and a history that nothing compacts are told', async () => {
    const small = await startEtcd(1, ['--quota-backend-bytes=2000000']);
    try {
      const store = etcdStore({ endpoints: small.endpoints, ...PATIENT });
      await store.migrate();
      assert.deepEqual(await store.check(), []);
      const value = 'v'.repeat(200_000);
      const full = refused(/quota.*NOSPACE.*compact and defragment.*nothing was changed/);
      await assert.rejects(async () => {
        for (let at = 0; at < 20; at++) await store.commit([{ key: `k/${at}`, value }]);
      }, full);
      assert.deepEqual(await store.get(['k/0']), [value], 'reads go on');
      await assert.rejects(store.check(), refused(/NOSPACE/));
      const { alarms } = (await small.ask('maintenance/alarm', { action: 'GET' })) as { alarms: object[] };
      for (const alarm of alarms) await small.ask('maintenance/alarm', { ...alarm, action: 'DEACTIVATE' });
      const [advice] = await store.check();
      assert.match(advice ?? '', /% of its quota of 2000000 bytes/);
    } finally {
      await small.stop();
    }
    const store = storeOf({ prefix: freshPrefix() });
    await store.migrate();
    // As if the cluster had as many revisions.
    let pretended = 0;
    const long = storeOf({
      prefix: `test/${prefixes}`,
      async fetch(url, init) {
        const response = await fetch(url as string, init);
        if (!String(url).endsWith('/range') || !response.ok) return response;
        const answer = (await response.json()) as { header: { revision: string } };
        answer.header.revision = '20000';
        pretended += 1;
        return Response.json(answer);
      },
    });
    assert.match((await long.check()).join(), /never compacted.*--auto-compaction-retention/);
    assert.equal(pretended, 1);
    const { header } = (await cluster.ask('kv/range', { key: 'AA==' })) as { header: { revision: string } };
    await cluster.ask('kv/compaction', { revision: header.revision });
    assert.deepEqual(await long.check(), []);
  });

  test('a user logs in, and again when the token has ended', async () => {
    const own = await startEtcd();
    try {
      const open = etcdStore({ endpoints: own.endpoints, ...PATIENT });
      await open.migrate();
      for (const [path, body] of [
        ['auth/user/add', { name: 'root', password: 'hunter2' }],
        ['auth/user/grant', { user: 'root', role: 'root' }],
        ['auth/user/add', { name: 'eve', password: 'hunter3' }],
        ['auth/enable', {}],
      ] as const)
        await own.ask(path, body);
      const store = etcdStore({ endpoints: own.endpoints, user: 'root', password: 'hunter2', ...PATIENT });
      assert.equal(await store.commit([{ key: 'a', value: '1' }]), true);
      // Restarting forgets the tokens.
      await own.nodes[0]?.stop();
      await own.nodes[0]?.start();
      assert.equal(await store.commit([{ key: 'a', value: '2' }]), true);
      assert.deepEqual(await store.get(['a']), ['2']);
      const eve = etcdStore({ endpoints: own.endpoints, user: 'eve', password: 'hunter3', ...PATIENT });
      const denied = refused(
        /denied.*grant-permission … readwrite --prefix=true leastkey\/.*nothing was changed/,
      );
      const eves: (() => Promise<unknown>)[] = [
        () => eve.commit([{ key: 'a', value: '3' }]),
        () => eve.get(['a']),
        () => eve.list({ prefix: '', limit: 1 }),
        () => eve.check(),
        () => eve.migrate(),
      ];
      for (const call of eves) await assert.rejects(call(), denied);
      const empty = refused(/user name is empty.*grant-permission/);
      for (const call of [() => open.get(['a']), () => open.commit([{ key: 'a', value: '3' }])])
        await assert.rejects(call(), empty);
      assert.deepEqual(await store.get(['a']), ['2'], 'nothing was written');
      const wrong = etcdStore({ endpoints: own.endpoints, user: 'root', password: 'guess', ...PATIENT });
      await assert.rejects(wrong.commit([{ key: 'a', value: '3' }]), (error: Error) => {
        assert.equal(error.name, 'LeastkeyError');
        assert.ok(!error.message.includes('guess'));
        return true;
      });
    } finally {
      await own.stop();
    }
  });
});

describe('three nodes of etcd', { skip: leftOut('etcd') }, () => {
  test('lose no acknowledged change when the leader is killed', async () => {
    const three = await startEtcd(3);
    try {
      const options = { endpoints: three.endpoints, timeout: '3s' } as const;
      const store = etcdStore({ ...options, ...PATIENT });
      await store.migrate();
      const counted = { acknowledged: 0, unknown: 0 };
      let isKilled = false;
      const counts = Array.from({ length: 4 }, async (_, writer) => {
        // Each writer begins at another node.
        const endpoints = three.endpoints.map((_, at) => three.endpoints[(writer + at) % 3] as string);
        const own = etcdStore({ ...options, endpoints });
        for (let done = 0; done < 40 || !isKilled; )
          done += await increment(own, `${writer}/${done}`, counted);
      });
      while (counted.acknowledged < 40) await new Promise((resolve) => setTimeout(resolve, 20));
      await three.nodes[await three.leader()]?.stop('SIGKILL');
      isKilled = true;
      await Promise.all(counts);
      const [count] = await store.get(['count']);
      const marks = await store.list({ prefix: 'mark/', limit: 1_000 });
      assert.equal(Number(count), marks.length, 'no commit was applied in part, or over another');
      assert.ok(Number(count) >= counted.acknowledged, `${count} of ${counted.acknowledged} acknowledged`);
      assert.ok(Number(count) <= counted.acknowledged + counted.unknown);
    } finally {
      await three.stop();
    }
  });

  test('verify a revocation that was acknowledged just before the leader was killed', async () => {
    const three = await startEtcd(3);
    try {
      const store: DatabaseStore = etcdStore({ endpoints: three.endpoints, timeout: '5s' });
      await store.migrate();
      const tokens = await deployment({ store, deadline: '60s' });
      const { token, id } = await createToken(tokens);
      await tokens.revoke(id, {}, admin);
      await three.nodes[await three.leader()]?.stop('SIGKILL');
      assert.equal((await tokens.verify(token)).code, 'revoked');
      // A second one leaves no majority: nothing is answered, and nothing accepted.
      const leader = await three.leader();
      await three.nodes[leader < 0 ? 0 : leader]?.stop('SIGKILL');
      const blind = etcdStore({ endpoints: three.endpoints, timeout: '300ms' });
      const verdict = await (await deployment({ store: blind, deadline: '2s' })).verify(token);
      assert.equal(verdict.code, 'store_unavailable');
    } finally {
      await three.stop();
    }
  });
});

test('options that are wrong are refused', () => {
  const endpoints = 'http://127.0.0.1:2379';
  const cases: [options: object, path: string][] = [
    [{}, 'endpoints'],
    [{ endpoints: [] }, 'endpoints'],
    [{ endpoints: 'localhost:2379' }, 'endpoints'],
    [{ endpoints: 'http://root:hunter2@127.0.0.1:2379' }, 'endpoints'],
    [{ endpoints, prefix: 'a/' }, 'prefix'],
    [{ endpoints, prefix: '' }, 'prefix'],
    [{ endpoints, timeout: 0 }, 'timeout'],
    [{ endpoints, user: '' }, 'user'],
    [{ endpoint: endpoints }, 'endpoint'],
  ];
  for (const [options, path] of cases) {
    assert.throws(
      () => etcdStore(options as EtcdStoreOptions),
      (error: Error & { path?: string }) => {
        assert.equal(error.path, path);
        assert.ok(!error.message.includes('hunter2'));
        return true;
      },
    );
  }
});

/**
 * Counts up by compare and swap, with a mark in the same commit. Returns how many were
 * acknowledged.
 */
async function increment(
  store: DatabaseStore,
  mark: string,
  counted: { acknowledged: number; unknown: number },
): Promise<number> {
  try {
    const [count = null] = await store.get(['count']);
    const next = String(Number(count ?? 0) + 1);
    const key = `mark/${mark}/${counted.unknown}`;
    const applied = await store.commit([
      { key: 'count', expect: count, value: next },
      { key, expect: null, value: next },
    ]);
    if (applied) counted.acknowledged += 1;
    return applied ? 1 : 0;
  } catch (error) {
    if ((error as Error).name !== 'LeastkeyError') counted.unknown += 1;
    return 0;
  }
}

/** A proxy that, once `cut`, lets requests through and ends the connection before the answer. */
async function cuttingProxy() {
  const proxy = { cut: false, commits: 0, port: 0, close: () => {} };
  const sockets = new Set<Socket>();
  const target = Number(new URL(cluster.endpoints[0] as string).port);
  const server = createServer((client) => {
    const upstream = connect(target, HOST);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('data', (chunk) => {
      if (proxy.cut && chunk.includes('/v3/kv/txn')) proxy.commits += 1;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (proxy.cut) client.destroy();
      else client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, HOST);
  await once(server, 'listening');
  proxy.port = (server.address() as AddressInfo).port;
  proxy.close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return proxy;
}
