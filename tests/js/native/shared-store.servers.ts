/** Processes in Rust (native/peer) and JavaScript, both writing, on one store and deployment. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { createTokens, type Store, type Tokens } from 'leastkey';
import { postgresStore } from 'leastkey/stores/postgres';
import { sqliteStore } from 'leastkey/stores/sqlite';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../support/servers/postgres-server.js';
import { leftOut } from '../support/servers/server-process.js';

/** `npm run test:native` builds it. */
const PEER = process.env.LEASTKEY_PEER ?? '';

/** The freshness window of both, in milliseconds. */
const WINDOW = 500;

/** How much later than the window a loaded machine may be. */
const MARGIN = 2_000;

const RECORD_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

const catalog = {
  services: {
    mail: { title: 'Mail', permissions: { send: { title: 'Send', implies: ['mail:read'] }, read: 'Read' } },
  },
  templates: { sender: { title: 'Sender', permissions: ['mail:send'] } },
  kinds: { key: { title: 'Key' } },
};

const admin = { id: 'user:js', roles: { 'org:acme': 'admin' } };

// biome-ignore lint/suspicious/noExplicitAny: answers of another program
type Answer = any;

/** A process in Rust. */
class Peer {
  readonly #process: ChildProcess;
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];

  constructor(kind: string, place: string, options: object) {
    this.#process = spawn(PEER, [kind, place, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const { answer, error } = JSON.parse(line);
      const call = this.#waiting.shift();
      if (error === undefined) call?.resolve(answer);
      else call?.reject(new Error(error));
    });
    this.#process.on('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the peer ended with ${code}`));
    });
  }

  call(call: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify(call)}\n`);
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.on('exit', () => resolve());
      this.#process.stdin?.end();
    });
  }
}

/** One deployment, of which both processes have a part. */
interface Pair {
  js: Tokens;
  store: Store;
  rust: Peer;
  end(): Promise<void>;
}

type Open = (recordKeys: string[]) => Promise<Pair>;

async function pairOf(kind: string, place: string, store: Store, recordKeys: string[]): Promise<Pair> {
  const [recordKey] = recordKeys;
  const settings = {
    catalog,
    store,
    prefix: 'acme_test',
    freshness: `${WINDOW}ms`,
    deadline: '60s',
  } as const;
  const js = await createTokens({ ...settings, ...(recordKey && { recordKey }), usage: false });
  const rust = new Peer(kind, place, { prefix: 'acme_test', catalog, freshness: WINDOW, recordKeys });
  return { js, store, rust, end: () => rust.end() };
}

/** Asks again and again until the credential is refused. Returns after how many milliseconds. */
async function untilRefused(code: () => Promise<string>, most = WINDOW + MARGIN): Promise<number> {
  const began = performance.now();
  while ((await code()) === 'valid') {
    if (performance.now() - began > most) return Number.POSITIVE_INFINITY;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - began;
}

const withoutTimes = (text: string | null | undefined) => text?.replaceAll(/\b\d{13}\b/g, '"time"');

const input = (name: string) => ({ kind: 'key', name, owner: 'org:acme', templates: ['sender'] });

function suite(open: Open, recordKeys: string[]) {
  let pair: Pair;
  before(async () => {
    pair = await open(recordKeys);
  });
  after(() => pair?.end());

  const codeInRust = async (credential: string) =>
    (await pair.rust.call({ op: 'verify', credential, requirement: 'mail:send' })).code;
  const codeInJs = async (credential: string) => (await pair.js.verify(credential, 'mail:send')).code;

  test('what one makes, the other one verifies and reads alike', async () => {
    const { rust, js } = pair;
    const made = await rust.call({ op: 'create', input: input('Of Rust') });
    assert.equal(await codeInJs(made.token), 'valid');
    const own = await js.create(input('Of JavaScript'), admin);
    assert.equal(await codeInRust(own.token), 'valid');
    for (const { id } of [made.record, own.record]) {
      assert.deepEqual(
        await rust.call({ op: 'get', id }),
        JSON.parse(JSON.stringify(await js.get(id, admin))),
      );
    }
    const inRust = await rust.call({ op: 'verify', credential: made.token, requirement: 'mail:read' });
    const inJs = JSON.parse(JSON.stringify(await js.verify(made.token, 'mail:read')));
    assert.deepEqual({ ...inRust, asOf: 0 }, { ...inJs, asOf: 0 });
  });

  test('a revocation in JavaScript is noticed in Rust within the window', async () => {
    const { rust, js } = pair;
    const { token, record } = await rust.call({ op: 'create', input: input('To revoke in JavaScript') });
    assert.equal(await codeInRust(token), 'valid');
    assert.equal(await codeInRust(token), 'valid', 'and is cached');
    await js.revoke(record.id, { reason: 'leaked' }, admin);
    assert.equal(await codeInJs(token), 'revoked', 'the own change at once');
    const after = await untilRefused(() => codeInRust(token));
    assert.ok(after <= WINDOW + MARGIN, `${after} ms`);
    assert.equal(await codeInRust(token), 'revoked');
  });

  test('a revocation in Rust is noticed in JavaScript within the window', async () => {
    const { rust, js } = pair;
    const { token, record } = await js.create(input('To revoke in Rust'), admin);
    assert.equal(await codeInJs(token), 'valid');
    assert.equal(await codeInJs(token), 'valid', 'and is cached');
    await rust.call({ op: 'revoke', id: record.id, options: {} });
    assert.equal(await codeInRust(token), 'revoked', 'the own change at once');
    const after = await untilRefused(() => codeInJs(token));
    assert.ok(after <= WINDOW + MARGIN, `${after} ms`);
  });

  test('a rotation in Rust, confirmed in JavaScript', async () => {
    const { rust, js } = pair;
    const { token, record } = await js.create(input('Rotated'), admin);
    const rotated = await rust.call({ op: 'rotate', id: record.id, options: { grace: '1h' } });
    assert.equal((await js.verify(rotated.token, 'mail:send', { freshness: 0 })).code, 'valid');
    assert.equal((await js.verify(token, 'mail:send', { freshness: 0 })).code, 'valid', 'in its grace');
    await js.confirmRotation(record.id, admin);
    assert.ok((await untilRefused(() => codeInRust(token))) <= WINDOW + MARGIN);
    assert.equal(await codeInRust(rotated.token), 'valid');
    const session = await rust.call({
      op: 'exchange',
      credential: rotated.token,
      input: { expiresIn: '5m' },
    });
    assert.equal(await codeInJs(session.token), 'valid');
  });

  test('edits that race lose no change', async () => {
    const { rust, js } = pair;
    const { record } = await js.create(input('Race'), admin);
    const times = 40;
    const inRust = rust.call({ op: 'editMany', id: record.id, times });
    for (let at = 0; at < times; at++) await js.edit(record.id, { tags: [`js-${at}`] }, admin);
    await inRust;
    const { revision } = await js.get(record.id, admin);
    assert.equal(revision, 1 + 2 * times, 'each edit is one revision');
    const inJs = await js.verifyAudit('org:acme');
    const checked = await rust.call({ op: 'verifyAudit', owner: 'org:acme' });
    assert.deepEqual([checked.intact, checked.checked], [true, inJs.checked]);
    assert.ok(inJs.intact);
  });

  test('uses that either stores have one form', async () => {
    const { rust, js, store } = pair;
    const [recordKey] = recordKeys;
    const own = await createTokens({ catalog, store, prefix: 'acme_test', ...(recordKey && { recordKey }) });
    const [inRust, inJs] = [
      await js.create(input('Used in Rust'), admin),
      await js.create(input('Used'), admin),
    ];
    const rounds = [
      ['mail:send', 'mail:send'],
      [['mail:read', 'mail:send']],
      ['mail:read OR mail:send', undefined],
    ];
    for (const requirements of rounds) {
      for (const requirement of requirements) {
        const { valid } = await rust.call({ op: 'verify', credential: inRust.token, requirement });
        assert.deepEqual([valid, (await own.verify(inJs.token, requirement)).valid], [true, true]);
      }
      // What the other tests have used is flushed too.
      assert.ok((await rust.call({ op: 'flush' })).flushed >= 1);
      assert.equal((await own.flush()).flushed, 1);
      const ids = [inRust.record.id, inJs.record.id];
      const stored = (await store.get(ids.map((id) => `usage/${id}`))).map(withoutTimes);
      // Sealed texts differ by their nonces.
      if (recordKey === undefined) assert.equal(stored[0], stored[1]);
      const records = await Promise.all(ids.map((id) => js.get(id, admin)));
      const [one, other] = records.map(({ uses, permissionUse }) =>
        withoutTimes(JSON.stringify({ uses, permissionUse })),
      );
      assert.equal(one, other);
      assert.match(one ?? '', /"mail:send":"time"/);
    }
  });

  test('uses that both count never exceed the limit', async () => {
    const { rust, js } = pair;
    const limited = { ...input('Limited'), limits: { credits: { amount: 60 } } };
    const { token } = await rust.call({ op: 'create', input: limited });
    const inRust = rust.call({ op: 'countMany', credential: token, times: 40 });
    let valid = 0;
    for (let at = 0; at < 40; at++) if ((await js.verify(token, undefined, { consume: 1 })).valid) valid += 1;
    assert.equal(valid + (await inRust), 60);
  });
}

function suites(open: Open) {
  describe('open', () => suite(open, []));
  describe('sealed', () => suite(open, [RECORD_KEY]));
}

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-native-'));
  after(() => rmSync(folder, { recursive: true }));

  suites(async (recordKeys) => {
    const path = join(folder, `${recordKeys.length}.db`);
    const store = sqliteStore({ path });
    const pair = await pairOf('sqlite', path, store, recordKeys);
    const end = async () => {
      await pair.end();
      store.close();
    };
    return { ...pair, end };
  });

  test('a file that Rust made first', async () => {
    const path = join(folder, 'rust-first.db');
    const rust = new Peer('sqlite', path, { prefix: 'acme_test', catalog });
    const { token } = await rust.call({ op: 'create', input: input('First') });
    const store = sqliteStore({ path });
    const js = await createTokens({ catalog, store, prefix: 'acme_test', usage: false });
    assert.equal((await js.verify(token)).code, 'valid');
    await rust.end();
    store.close();
  });
});

/** A window that only a push ends in time, in milliseconds. */
const LONG_WINDOW = 300_000;

/** How long a push may take: a connection is opened again after a second. */
const MAX_PUSH_DELAY = 15_000;

describe('PostgreSQL', { skip: leftOut('postgresql') }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  suites(async (recordKeys) => {
    const database = `shared_${recordKeys.length}`;
    await server.sql(`CREATE DATABASE ${database}`);
    const pool = new pg.Pool({ connectionString: server.url(database) });
    // The server ends, and connections of the pool may still be closing.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    const store = postgresStore(pool);
    // Either of the two may make the table, and both at once.
    const pair = await pairOf('postgres', server.url(database), store, recordKeys);
    await store.migrate();
    const end = async () => {
      await pair.end();
      await pool.end();
    };
    return { ...pair, end };
  });

  test('a push ends the window in the other language, also after a lost connection', async () => {
    await server.sql('CREATE DATABASE pushed');
    const pool = new pg.Pool({ connectionString: server.url('pushed') });
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    const store = postgresStore(pool, { push: true });
    await store.migrate();
    const js = await createTokens({
      catalog,
      store,
      prefix: 'acme_test',
      usage: false,
      freshness: `${LONG_WINDOW}ms`,
    });
    const end = await store.watch(() => js.invalidate());
    const rust = new Peer('postgres', server.url('pushed'), {
      prefix: 'acme_test',
      catalog,
      freshness: LONG_WINDOW,
      watch: true,
    });
    const codes = {
      js: async (credential: string) => (await js.verify(credential)).code as string,
      rust: async (credential: string) => (await rust.call({ op: 'verify', credential })).code as string,
    };
    const revoke = {
      js: (id: string) => js.revoke(id, {}, admin),
      rust: (id: string) => rust.call({ op: 'revoke', id, options: {} }),
    };
    for (const isLost of [false, true]) {
      for (const [by, seenBy] of [
        ['js', 'rust'],
        ['rust', 'js'],
      ] as const) {
        const { token, record } = await js.create(input(`${by} ${isLost}`), admin);
        const seen = () => codes[seenBy](token);
        assert.deepEqual([await seen(), await seen()], ['valid', 'valid'], 'and is cached');
        if (isLost) {
          const ended = await pool.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'",
          );
          assert.ok(ended.rows.length >= 1, 'a connection listened');
        }
        await revoke[by](record.id);
        const after = await untilRefused(seen, MAX_PUSH_DELAY);
        assert.ok(after <= MAX_PUSH_DELAY, `${seenBy} after ${after} ms`);
        assert.equal(await seen(), 'revoked');
      }
    }
    await rust.end();
    await end();
    await pool.end();
  });
});
