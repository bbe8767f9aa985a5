/**
 * Four processes work on one store while processes, connections and servers are killed. Nothing
 * that was acknowledged is lost, and nothing that was ended is accepted. `npm run chaos` takes two
 * minutes for each store.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LeastkeyError } from 'leastkey';
import { faultProxy } from 'leastkey/store-kit/proxy';
import { openStore } from 'leastkey/stores/open';
import { redisStore } from 'leastkey/stores/redis';
import { createClient } from 'redis';
import { ChaosLog } from '../support/chaos-log.js';
import { admin, createToken, deployment } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startMariadb } from '../support/servers/mariadb-server.js';
import { startPostgres } from '../support/servers/postgres-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import { HOST, killAndStart, leftOut } from '../support/servers/server-process.js';

const SECONDS = Number(process.env.LEASTKEY_CHAOS_SECONDS ?? 20);
const SEED = Number(process.env.LEASTKEY_SEED ?? Date.now() % 2 ** 31);
const PROCESSES = 4;
const CREDITS = 2_000;
const OPERATIONS = ['create', 'rotate', 'revoke', 'exchange', 'verify', 'window', 'use'] as const;

/** How much longer a run may take on a busy machine, in milliseconds. */
const PATIENCE = 300_000;

/** A server, and what can be done to it while it is in use. */
interface Victim {
  url: string;
  faults: Record<string, () => Promise<unknown>>;
  stop(): Promise<void>;
}

const STORES: Record<string, { packageName: string; isLong?: boolean; start(): Promise<Victim> }> = {
  PostgreSQL: {
    packageName: 'postgresql',
    async start() {
      const server = await startPostgres();
      const sessions =
        "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
      return {
        url: server.url(),
        faults: {
          'a backend': () =>
            server.sql(`SELECT pg_terminate_backend(pid) ${sessions} ORDER BY random() LIMIT 1`),
          'all connections': () => server.sql(`SELECT pg_terminate_backend(pid) ${sessions}`),
          'the server': () => killAndStart(server.process),
        },
        stop: () => server.stop(),
      };
    },
  },
  'etcd, three nodes': {
    packageName: 'etcd',
    async start() {
      const cluster = await startEtcd(3);
      const kill = async (at: number) => {
        const node = cluster.nodes[at];
        if (node !== undefined) await killAndStart(node);
      };
      let turn = 0;
      return {
        url: cluster.endpoints
          .map((each) => each.replace('http://', ''))
          .join()
          .replace(/^/, 'etcd://'),
        faults: {
          'a node': () => kill(turn++ % cluster.nodes.length),
          'the leader': async () => kill(await cluster.leader()),
        },
        stop: () => cluster.stop(),
      };
    },
  },
  Redis: {
    packageName: 'redis',
    async start() {
      const server = await startRedis();
      const command = async (...words: string[]) => {
        const client = createClient({ url: server.url });
        client.on('error', () => {});
        await client.connect();
        await client.sendCommand(words);
        client.destroy();
      };
      return {
        url: server.url,
        faults: {
          'all connections': () => command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
          'the server': () => killAndStart(server.process),
        },
        stop: () => server.stop(),
      };
    },
  },
  // `npm test` does not install it.
  MariaDB: {
    packageName: 'mariadb',
    isLong: true,
    async start() {
      const server = await startMariadb();
      const sessions = async () => {
        const rows = (await server.sql('SHOW PROCESSLIST')) as { Id: number; db: string | null }[];
        return rows.filter(({ db }) => db === 'tokens').map(({ Id }) => Id);
      };
      const end = (id: number | undefined) =>
        id === undefined ? undefined : server.sql(`KILL ${id}`).catch(() => {});
      return {
        url: server.url(),
        faults: {
          'a connection': async () => end((await sessions())[0]),
          'all connections': async () => Promise.all((await sessions()).map(end)),
          'the server': () => killAndStart(server.process),
        },
        stop: () => server.stop(),
      };
    },
  },
};

for (const [name, { packageName, isLong = false, start: startServer }] of Object.entries(STORES)) {
  const skip = leftOut(packageName) || (isLong && process.env.LEASTKEY_CHAOS_SECONDS === undefined);
  describe(`chaos on ${name}`, { skip }, () => {
    test(`${SECONDS} s of four processes and random kills`, {
      timeout: (SECONDS + 400) * 1_000,
    }, async (t) => {
      const victim = await startServer();
      try {
        await chaos(t, victim);
      } finally {
        await victim.stop();
      }
    });
  });
}

async function chaos(t: TestContext, victim: Victim): Promise<void> {
  const log = new ChaosLog();
  const store = await openStore(victim.url, { migrate: true });
  const tokens = await deployment({ store });
  const limited = await createToken(tokens, { name: 'Limited', limits: { credits: { amount: CREDITS } } });
  let next = SEED;
  const random = (end: number) => {
    next = (Math.imul(next, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((next / 2 ** 32) * end);
  };
  const workers: { child: ChildProcess; read: Promise<void>; works: boolean }[] = [];
  function launch(at: number): void {
    const child = start('chaos-worker', victim.url, String(random(2 ** 31)), limited.token);
    child.stdin?.on('error', () => {});
    const worker = { child, works: false, read: Promise.resolve() };
    worker.read = (async () => {
      for await (const line of lines(child)) {
        worker.works = true;
        const made = log.add(line);
        if (made !== undefined)
          for (const other of workers) other.child.stdin?.write(`${JSON.stringify(made)}\n`);
      }
    })();
    workers[at] = worker;
  }
  for (let at = 0; at < PROCESSES; at++) launch(at);
  const faults = Object.entries({
    'a process': () => killProcess(random(PROCESSES)),
    ...victim.faults,
  });
  let turn = random(faults.length);
  const killed: Record<string, number> = {};
  await until(() => workers.every(({ works }) => works));
  const deadline = Date.now() + SECONDS * 1_000;
  // On a busy machine it takes longer until everything has happened.
  while (Date.now() < deadline || !OPERATIONS.every((each) => log.acknowledged(each).length >= 10)) {
    assert.ok(Date.now() < deadline + PATIENCE, JSON.stringify(log.counts()));
    const before = log.size;
    await pause(1_000 + random(2_500));
    // Between two faults something has to be done.
    await until(() => log.size > before + 100, 5_000);
    const [what, kill] = faults[turn++ % faults.length] as (typeof faults)[number];
    await kill();
    killed[what] = (killed[what] ?? 0) + 1;
  }
  async function killProcess(at: number): Promise<void> {
    const { child, read, works } = workers[at] as (typeof workers)[number];
    if (!works) return;
    child.kill('SIGKILL');
    await read;
    launch(at);
  }
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ child, read }) => Promise.all([ending(child), read])));
  await store.close();
  t.diagnostic(JSON.stringify({ seed: SEED, killed, ...log.counts() }));
  await inspect(log, victim.url, limited.token);
}

/** Waits until something holds, at most for a while. */
async function until(holds: () => boolean, longest = PATIENCE): Promise<void> {
  const end = Date.now() + longest;
  while (!holds() && Date.now() < end) await pause(100);
}

/** Looks at the store with a process that has seen nothing of it. */
async function inspect(log: ChaosLog, url: string, limited: string): Promise<void> {
  assert.deepEqual(log.violations(), []);
  const store = await openStore(url);
  try {
    const tokens = await deployment({ store });
    for (const { made } of log.acknowledged('create')) assert.ok(await tokens.get(made?.id as string, admin));
    for (const { id } of log.acknowledged('revoke')) {
      const { status } = await tokens.get(id as string, admin).catch(goneSession);
      assert.equal(status, 'revoked', `${id} was revoked`);
    }
    const listed = new Set<string>();
    for (let after: string | undefined; ; ) {
      const page = await tokens.list({ owner: 'org:acme', limit: 200, ...(after && { after }) }, admin);
      for (const { id } of page.items) listed.add(id);
      assert.equal(page.unreadable, undefined);
      if (page.next === undefined) break;
      after = page.next;
    }
    const created = log.acknowledged('create').length;
    // And the limited token.
    assert.ok(listed.size >= created + 1 && listed.size <= created + 1 + log.unknown('create').length);
    const { intact, problem } = await tokens.verifyAudit('org:acme');
    assert.ok(intact, problem?.message);
    const { remaining = 0 } = await tokens.verify(limited, undefined, { consume: 0 });
    const used = log.acknowledged('use').filter(({ code }) => code === 'valid').length;
    const counted = CREDITS - remaining;
    assert.ok(
      used <= counted && counted <= used + log.unknown('use').length,
      `${used} used, ${counted} counted`,
    );
    assert.ok(used <= CREDITS);
  } finally {
    await store.close();
  }
}

/** A session is deleted when its token ended. */
function goneSession(error: unknown): { status: string } {
  if (error instanceof LeastkeyError && error.code === 'not_found') return { status: 'revoked' };
  throw error;
}

describe('Redis with a replica that takes over', { skip: leftOut('redis') }, () => {
  test('loses an acknowledged revocation, which is why the store refuses replicas', async () => {
    const master = await startRedis();
    const proxy = await faultProxy({ port: master.port });
    const replica = await startRedis({ replicaof: `${HOST} ${proxy.port}`, 'repl-diskless-sync-delay': '0' });
    const clients = [master.url, replica.url].map((url) =>
      createClient({ url, socket: { reconnectStrategy: false } }),
    );
    for (const client of clients) client.on('error', () => {});
    const [one, other] = clients as [(typeof clients)[0], (typeof clients)[0]];
    try {
      await Promise.all(clients.map((client) => client.connect()));
      const store = redisStore(one, { durable: true });
      await store.migrate();
      const before = await deployment({ store });
      const { token, id } = await createToken(before);
      const has = async () =>
        (await other.dbSize()) > 0 && Number(await one.sendCommand(['WAIT', '1', '100'])) === 1;
      while (!(await has())) await pause(50);

      proxy.arm({ kind: 'stall' });
      assert.equal((await before.revoke(id, {}, admin)).status, 'revoked');
      await master.process.stop('SIGKILL');
      await proxy.close();
      await other.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      const after = await deployment({ store: redisStore(other, { durable: true }) });
      assert.equal((await after.verify(token)).code, 'valid', 'the replica never got the revocation');
    } finally {
      for (const client of clients) client.destroy();
      await proxy.close().catch(() => {});
      // Asked to end, it may wait for its clients.
      await replica.process.stop('SIGKILL');
      await replica.stop();
      await master.stop();
    }
  });
});
