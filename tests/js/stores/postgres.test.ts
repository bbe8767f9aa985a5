/** The PostgreSQL store against a real server, with both clients, and behind a pooler. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseStore } from 'leastkey';
import { faultProxy } from 'leastkey/store-kit/proxy';
import { type PostgresStoreOptions, postgresStore } from 'leastkey/stores/postgres';
import pg from 'pg';
import postgres from 'postgres';
import { admin, createToken, deployment } from '../support/deployment.js';
import { type Follower, type PostgresServer, startPostgres } from '../support/servers/postgres-server.js';
import { killAndStart, leftOut } from '../support/servers/server-process.js';
import { storeContract } from './store-contract.js';

let server: PostgresServer;
let tables = 0;

/** A table that no other test uses. */
const freshTable = () => `t${++tables}`;

/** Connections of a test, closed at its end. */
function connections() {
  const ends: (() => Promise<unknown>)[] = [];
  return {
    pool(url = server.url()) {
      const pool = new pg.Pool({ connectionString: url, max: 8 });
      pool.on('error', () => {});
      ends.push(() => pool.end());
      return pool;
    },
    sql(url = server.url()) {
      const sql = postgres(url, { max: 8, onnotice: () => {}, fetch_types: false, backoff: () => 0.1 });
      // Without a time limit it never ends after a connection was lost in a query.
      ends.push(() => sql.end({ timeout: 1 }));
      return sql;
    },
    async close() {
      await Promise.all(ends.map((end) => end()));
    },
  };
}

/** Runs a test with a store on a pool of pg. */
async function withStore(
  run: (store: DatabaseStore, table: string) => Promise<void>,
  options: PostgresStoreOptions & { url?: string } = {},
) {
  const { url, ...rest } = options;
  const opened = connections();
  const table = freshTable();
  try {
    await run(postgresStore(opened.pool(url), { table, ...rest }), table);
  } finally {
    await opened.close();
  }
}

const refused = (message: RegExp) => ({ name: 'LeastkeyError', code: 'store_unavailable', message });

describe('PostgreSQL', { skip: leftOut('postgresql') }, () => {
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  for (const client of ['pool', 'sql'] as const) {
    const open = async () => {
      let now = 0;
      const opened = connections();
      const options = { table: freshTable(), now: () => now };
      const [store, other] = [opened[client](), opened[client]()].map((one) => postgresStore(one, options));
      await store?.migrate();
      const proxy = await faultProxy({ port: server.port });
      const through = opened[client](server.url().replace(`:${server.port}/`, `:${proxy.port}/`));
      return {
        store: store as DatabaseStore,
        other: other as DatabaseStore,
        link: proxy.link(postgresStore(through, options)),
        kill: () => killAndStart(server.process),
        setClock(instant: number) {
          now = instant;
        },
        async close() {
          await opened.close();
          await proxy.close();
        },
      };
    };
    storeContract(`PostgreSQL with ${client === 'pool' ? 'pg' : 'postgres'}`, open, ['kill', 'link']);
  }

  describe('behind PgBouncer in transaction mode', { skip: leftOut('pgbouncer') }, () => {
    let pooler: Follower;
    before(async () => {
      pooler = await server.pgbouncer();
    });
    after(() => pooler?.stop());

    for (const client of ['pool', 'sql'] as const) {
      storeContract(`PgBouncer with ${client === 'pool' ? 'pg' : 'postgres'}`, async () => {
        let now = 0;
        const opened = connections();
        const options = { table: freshTable(), now: () => now };
        const store = postgresStore(opened[client](pooler.url), options);
        const other = postgresStore(opened[client](pooler.url), options);
        await store.migrate();
        return {
          store,
          other,
          setClock(instant) {
            now = instant;
          },
          close: () => opened.close(),
        };
      });
    }
  });

  test('migrate may run twice, and in many processes at once', async () => {
    await withStore(async (store, table) => {
      const opened = connections();
      try {
        const others = Array.from({ length: 8 }, () => postgresStore(opened.pool(), { table }));
        await Promise.all([store, ...others].map((one) => one.migrate()));
        await store.migrate();
        assert.equal(await store.commit([{ key: 'a', expect: null, value: '1' }]), true);
        await Promise.all(others.map((one) => one.migrate()));
        assert.deepEqual(await store.get(['a']), ['1']);
        assert.deepEqual(await store.check(), []);
      } finally {
        await opened.close();
      }
    });
  });

  test('without migrate every call says to call it', async () => {
    await withStore(async (store, table) => {
      const message = refused(new RegExp(`no table public\\.${table}.*migrate\\(\\)`));
      await assert.rejects(store.get(['a']), message);
      await assert.rejects(store.list({ prefix: '', limit: 1 }), message);
      await assert.rejects(store.commit([{ key: 'a', value: '1' }]), message);
      // The check is made again after it failed.
      await store.migrate();
      assert.deepEqual(await store.get(['a']), [null]);
    });
  });

  test('a table of another program, an older and a newer one are refused, and stay as they are', async () => {
    const cases: [mark: string, RegExp][] = [
      ['NULL', /table of another program/],
      ["'my notes'", /table of another program/],
      ["'leastkey store 2'", /newer version.*update leastkey/],
    ];
    for (const [mark, message] of cases) {
      await withStore(async (store, table) => {
        await server.sql(`CREATE TABLE ${table} (id int); COMMENT ON TABLE ${table} IS ${mark}`);
        await assert.rejects(store.migrate(), refused(message));
        await assert.rejects(store.check(), refused(message));
        await assert.rejects(store.commit([{ key: 'a', value: '1' }]), refused(message));
        const columns = `SELECT column_name FROM information_schema.columns WHERE table_name = '${table}'`;
        assert.deepEqual(await server.sql(columns), [{ column_name: 'id' }]);
      });
    }
    await withStore(async (store, table) => {
      await store.migrate();
      await store.commit([{ key: 'a', value: '1' }]);
      await server.sql(`COMMENT ON TABLE ${table} IS 'leastkey store 0'`);
      await assert.rejects(store.check(), refused(/older version.*migrate\(\)/));
      await store.migrate();
      assert.deepEqual(await store.get(['a']), ['1']);
    });
  });

  test('a role without rights is told which it needs', async () => {
    await server.sql('CREATE ROLE reader LOGIN; CREATE ROLE nothing LOGIN');
    await withStore(async (store, table) => {
      await store.migrate();
      await store.commit([{ key: 'a', value: '1' }]);
      const opened = connections();
      try {
        const nothing = postgresStore(opened.pool(server.url('postgres', 'nothing')), { table });
        await assert.rejects(nothing.get(['a']), refused(/role nothing may not read.*GRANT SELECT/));
        await server.sql(`GRANT SELECT ON ${table} TO reader`);
        const reader = postgresStore(opened.pool(server.url('postgres', 'reader')), { table });
        assert.deepEqual(await reader.get(['a']), ['1']);
        const mayNot = refused(/role reader may not write.*GRANT.*UPDATE.*nothing was changed/);
        await assert.rejects(reader.commit([{ key: 'a', value: '2' }]), mayNot);
        await assert.rejects(reader.check(), mayNot);
        const strange = postgresStore(opened.pool(server.url('postgres', 'reader')), { table: freshTable() });
        await assert.rejects(strange.migrate(), refused(/may not create a table/));
        assert.deepEqual(await store.get(['a']), ['1']);
      } finally {
        await opened.close();
      }
    });
  });

  test('databases that would break a promise are refused, each with its cure', async () => {
    await server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    await withStore(
      async (store) => {
        await store.migrate();
        await assert.rejects(store.get(['a']), refused(/encoding LATIN1.*ENCODING 'UTF8'/));
      },
      { url: server.url('latin') },
    );
    await server.sql(
      "CREATE ROLE snapshot LOGIN SUPERUSER; ALTER ROLE snapshot SET default_transaction_isolation = 'repeatable read'",
    );
    await withStore(
      async (store) => {
        await store.migrate();
        await assert.rejects(
          store.get(['a']),
          refused(/ALTER ROLE snapshot SET default_transaction_isolation/),
        );
      },
      { url: server.url('postgres', 'snapshot') },
    );
    await withStore(async (store, table) => {
      await store.migrate();
      await server.sql(`ALTER TABLE ${table} SET UNLOGGED`);
      await assert.rejects(store.check(), refused(/not logged.*SET LOGGED/));
    });
  });

  test('settings that a running server does not change are refused too', async () => {
    await withStore(async (store, table) => {
      await store.migrate();
      const opened = connections();
      try {
        const pool = opened.pool();
        const withFacts = (facts: object) => ({
          async query(text: string, values: unknown[]) {
            const { rows } = await pool.query(text, values);
            return { rows: rows.map((row) => ('fsync' in row ? { ...row, ...facts } : row)) };
          },
        });
        const lossy = withFacts({ fsync: 'off' });
        await assert.rejects(
          postgresStore(lossy, { table }).get(['a']),
          refused(/set fsync = on.*durable: true/),
        );
        assert.deepEqual(await postgresStore(lossy, { table, durable: true }).get(['a']), [null]);
        const strange = postgresStore(withFacts({ client_encoding: 'LATIN1' }), { table });
        await assert.rejects(strange.get(['a']), refused(/client_encoding is LATIN1/));
      } finally {
        await opened.close();
      }
    });
  });

  test('the function itself refuses another isolation level, and makes its own commit durable', async () => {
    await withStore(async (store, table) => {
      await store.migrate();
      const call = `SELECT ${table}_commit('[{"key":"a","value":"1"}]', 0)`;
      for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
        await assert.rejects(server.sql(`BEGIN ISOLATION LEVEL ${level}; ${call}; COMMIT`), {
          code: 'LK003',
        });
      }
      assert.deepEqual(await store.get(['a']), [null]);
      for (const [before, within] of [
        ['off', 'on'],
        ['local', 'on'],
        ['remote_write', 'on'],
        ['on', 'on'],
        ['remote_apply', 'remote_apply'],
      ]) {
        const client = new pg.Client({ connectionString: server.url() });
        await client.connect();
        try {
          await client.query(`SET synchronous_commit = ${before}`);
          const { rows } = await client.query(
            `${call} AS applied, current_setting('synchronous_commit') AS within`,
          );
          assert.deepEqual(rows, [{ applied: true, within }]);
          const { rows: later } = await client.query('SHOW synchronous_commit');
          assert.deepEqual(later, [{ synchronous_commit: before }], 'for this transaction only');
        } finally {
          await client.end();
        }
      }
    });
  });

  test('commits that only look at a key do not wait for each other', async () => {
    await withStore(
      async (store, table) => {
        await store.migrate();
        const client = new pg.Client({ connectionString: server.url() });
        await client.connect();
        try {
          // It holds its locks until the end of its transaction.
          await client.query('BEGIN');
          const looks = JSON.stringify([
            { key: 'account/a', expect: null },
            { key: 'b', value: '1' },
          ]);
          await client.query(`SELECT ${table}_commit($1::text::jsonb, 0)`, [looks]);
          const look = { key: 'account/a', expect: null };
          assert.equal(await store.commit([look, { key: 'c', expect: null, value: '1' }]), true);
          await assert.rejects(
            store.commit([{ key: 'account/a', value: '1' }]),
            refused(/nothing was changed/),
            'the one that creates it waits',
          );
        } finally {
          await client.end();
        }
      },
      { url: `${server.url()}?options=-c%20lock_timeout%3D300` },
    );
  });

  test('a standby is refused, also one that the client reaches later', async () => {
    const table = freshTable();
    const opened = connections();
    const standby = await server.standby();
    try {
      await postgresStore(opened.pool(), { table }).migrate();
      const url = standby.url;
      const pool = opened.pool(url);
      // The standby may still have to replay the migration.
      const isThere = async () =>
        (await pool.query(`SELECT to_regclass('${table}') AS found`)).rows[0].found !== null;
      while (!(await isThere())) await pause(50);
      const message = refused(/standby.*connect to the primary/);
      const store = postgresStore(opened.pool(url), { table });
      for (const call of [
        () => store.get(['a']),
        () => store.list({ prefix: '', limit: 1 }),
        () => store.commit([{ key: 'a', value: '1' }]),
        () => store.check(),
        () => store.migrate(),
      ])
        await assert.rejects(call(), message);
      // A proxy that sends the first calls to the primary, and the later ones to the standby.
      const [primary, follower] = [opened.pool(), opened.pool(url)];
      let target = primary;
      const moved = postgresStore({ query: (text, values) => target.query(text, values) }, { table });
      assert.deepEqual(await moved.get(['a']), [null]);
      target = follower;
      await assert.rejects(moved.get(['a']), message);
      await assert.rejects(moved.list({ prefix: '', limit: 1 }), message);
      await assert.rejects(moved.commit([{ key: 'a', value: '1' }]), message);
    } finally {
      await opened.close();
      await standby.stop();
    }
  });

  test('a client in a transaction of its own is refused', async () => {
    const opened = connections();
    const table = freshTable();
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    try {
      const store = postgresStore(client, { table });
      await store.migrate();
      await client.query('BEGIN');
      await assert.rejects(store.get(['a']), refused(/in a transaction/));
      await assert.rejects(store.commit([{ key: 'a', value: '1' }]), refused(/in a transaction/));
      await client.query('ROLLBACK');
      assert.equal(await store.commit([{ key: 'a', value: '1' }]), true);
      await opened.sql().begin(async (sql) => {
        assert.throws(() => postgresStore(sql as never), {
          code: 'invalid_input',
          message: /in a transaction/,
        });
      });
    } finally {
      await client.end();
      await opened.close();
    }
  });

  test('what is no client, and names that need quotes, are refused', () => {
    for (const wrong of [undefined, null, 'postgres://localhost', {}, () => {}]) {
      assert.throws(() => postgresStore(wrong as never), {
        code: 'invalid_input',
        message: /^client: expected/,
      });
    }
    const pool = { query: async () => ({ rows: [] }) };
    for (const name of ['', 'a"b', 'a b', '1a', 'é', 'k'.repeat(49), 7]) {
      const options = { table: name } as PostgresStoreOptions;
      assert.throws(() => postgresStore(pool, options), { code: 'invalid_input', path: 'table' });
    }
    assert.throws(() => postgresStore(pool, { tabel: 'a' } as never), /tabel.*table/);
  });

  test('an answer that a cut connection loses is an unknown outcome; a refusal by the server is not', async () => {
    await withStore(async (store, table) => {
      await store.migrate();
      await store.get(['a']);
      await server.sql(
        `CREATE FUNCTION ${table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF new.key = 'end' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
         RAISE EXCEPTION 'no';
       END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_refuse()`,
      );
      await assert.rejects(store.commit([{ key: 'a', value: '1' }]), refused(/nothing was changed/));
      await assert.rejects(store.commit([{ key: 'end', value: '1' }]), (error: Error) => {
        assert.notEqual(error.name, 'LeastkeyError');
        return true;
      });
    });
  });

  test('a deployment works on it, and another process sees a revocation at once', async () => {
    await withStore(async (store, table) => {
      await store.migrate();
      const opened = connections();
      try {
        const tokens = await deployment({ store });
        const elsewhere = await deployment({ store: postgresStore(opened.sql(), { table }) });
        const { token, id } = await createToken(tokens);
        assert.equal((await elsewhere.verify(token, 'messages:send')).code, 'valid');
        await tokens.revoke(id, {}, admin);
        assert.equal((await elsewhere.verify(token, 'messages:send')).code, 'revoked');
      } finally {
        await opened.close();
      }
    });
  });
});
