/** The MySQL store against a real MariaDB. `npm run test:stores` runs it. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DatabaseStore } from 'leastkey';
import { type MysqlPool, type MysqlStoreOptions, mysqlStore } from 'leastkey/stores/mysql';
import { openStore } from 'leastkey/stores/open';
import callbacks from 'mysql2';
import { createPool } from 'mysql2/promise';
import { admin, createToken, deployment } from '../support/deployment.js';
import { type MariadbServer, startMariadb } from '../support/servers/mariadb-server.js';
import { leftOut } from '../support/servers/server-process.js';
import { storeContract } from './store-contract.js';

let server: MariadbServer;
let tables = 0;

/** A table that no other test uses. */
const freshTable = () => `t${++tables}`;

/** Runs a test with a store on a pool. */
async function withStore(
  run: (store: DatabaseStore, table: string) => Promise<void>,
  { url = server.url(), ...options }: MysqlStoreOptions & { url?: string } = {},
) {
  const pool = createPool(url);
  const table = freshTable();
  try {
    await run(mysqlStore(pool, { table, ...options }), table);
  } finally {
    await pool.end();
  }
}

const refused = (message: RegExp) => ({ name: 'LeastkeyError', code: 'store_unavailable', message });

describe('MariaDB', { skip: leftOut('mariadb') }, () => {
  before(async () => {
    server = await startMariadb();
  });
  after(() => server?.stop());

  storeContract('MariaDB with mysql2', async () => {
    let now = 0;
    // The second one has callbacks, as the package itself makes them.
    const [pool, second] = [createPool(server.url()), callbacks.createPool(server.url())];
    const options = { table: freshTable(), now: () => now };
    const [store, other] = [mysqlStore(pool, options), mysqlStore(second, options)];
    await store.migrate();
    return {
      store,
      other,
      setClock(instant) {
        now = instant;
      },
      async close() {
        await pool.end();
        await second.promise().end();
      },
    };
  });

  test('migrate may run twice and at once; without it every call says to call it', async () => {
    await withStore(async (store, table) => {
      const message = refused(new RegExp(`no table ${table}.*migrate\\(\\)`));
      await assert.rejects(store.get(['a']), message);
      await assert.rejects(store.list({ prefix: '', limit: 1 }), message);
      await assert.rejects(store.commit([{ key: 'a', value: '1' }]), message);
      await Promise.all(Array.from({ length: 8 }, () => store.migrate()));
      assert.equal(await store.commit([{ key: 'a', expect: null, value: '1' }]), true);
      await store.migrate();
      assert.deepEqual(await store.get(['a']), ['1']);
      assert.deepEqual(await store.check(), []);
    });
  });

  test('a table of another program, an older and a newer one are refused, and stay as they are', async () => {
    const cases: [comment: string, RegExp][] = [
      ['', /table of another program/],
      ['leastkey store 2', /newer version.*update leastkey/],
      ['leastkey store 0', /older version.*migrate\(\)/],
    ];
    for (const [comment, message] of cases) {
      await withStore(async (store, table) => {
        await server.sql(`CREATE TABLE tokens.${table} (id int) COMMENT = '${comment}'`);
        for (const call of [() => store.check(), () => store.commit([{ key: 'a', value: '1' }])])
          await assert.rejects(call(), refused(message));
        assert.equal(((await server.sql(`SELECT * FROM tokens.${table}`)) as unknown[]).length, 0);
      });
    }
    await withStore(async (store, table) => {
      await store.migrate();
      await server.sql(`ALTER TABLE tokens.${table} ENGINE = MyISAM`);
      await assert.rejects(store.check(), refused(/engine MyISAM.*ENGINE = InnoDB/));
    });
  });

  test('settings that break a promise are refused, each with its cure', async () => {
    const cases: [setting: string, value: string, RegExp, isDurability: boolean][] = [
      ['innodb_flush_log_at_trx_commit', '2', /innodb_flush_log_at_trx_commit is 2.*set it to 1/, true],
      ['read_only', '1', /read-only, like a replica/, false],
    ];
    for (const [setting, value, message, isDurability] of cases) {
      await withStore(async (store, table) => {
        await store.migrate();
        const [[before]] = [(await server.sql(`SELECT @@global.${setting} AS value`)) as { value: number }[]];
        await server.sql(`SET GLOBAL ${setting} = ${value}`);
        try {
          await assert.rejects(store.check(), refused(message));
          const durable = withStore(async (lenient) => void (await lenient.check()), {
            table,
            durable: true,
          });
          if (isDurability) await durable;
          else await assert.rejects(durable, refused(message));
        } finally {
          await server.sql(`SET GLOBAL ${setting} = ${before?.value}`);
        }
      });
    }
  });

  test('a server that becomes read-only later, and a session without autocommit, are refused', async () => {
    await withStore(async (store, table) => {
      await store.migrate();
      assert.deepEqual(await store.get(['a']), [null]);
      await server.sql('SET GLOBAL read_only = 1');
      try {
        await assert.rejects(store.get(['a']), refused(/read-only/));
        await assert.rejects(store.list({ prefix: '', limit: 1 }), refused(/read-only/));
      } finally {
        await server.sql('SET GLOBAL read_only = 0');
      }
      const pool = createPool({ uri: server.url(), connectionLimit: 1 });
      try {
        await pool.query('SET autocommit = 0');
        await assert.rejects(mysqlStore(pool, { table }).get(['a']), refused(/autocommit is off/));
      } finally {
        await pool.end();
      }
    });
  });

  test('a user without rights is told which it needs', async () => {
    await server.sql('CREATE USER reader; ');
    await withStore(async (store, table) => {
      await store.migrate();
      await store.commit([{ key: 'a', value: '1' }]);
      await server.sql(`GRANT SELECT ON tokens.${table} TO reader`);
      const url = server.url('reader');
      await withStore(
        async (reader) => {
          assert.deepEqual(await reader.get(['a']), ['1']);
          await assert.rejects(
            reader.commit([{ key: 'a', value: '2' }]),
            refused(/user may not do this; GRANT.*nothing was changed/),
          );
        },
        { url, table },
      );
      await withStore((strange) => assert.rejects(strange.migrate(), refused(/CREATE for migrate/)), { url });
    });
  });

  test('commits over the same keys in other orders all end, and none is lost', async () => {
    await withStore(async (store) => {
      await store.migrate();
      const keys = Array.from({ length: 6 }, (_, at) => `k${at}`);
      let applied = 0;
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let turn = 0; turn < 25; turn++) {
            const two = [keys[(writer + turn) % 6], keys[(writer * 3 + turn * 5 + 1) % 6]] as string[];
            const own = [...new Set(two)];
            const before = await store.get(own);
            const writes = own.map((key, at) => ({
              key,
              expect: before[at] as string | null,
              value: `${Number(before[at] ?? 0) + 1}`,
            }));
            if (await store.commit(writes)) applied += own.length;
          }
        }),
      );
      const values = await store.get(keys);
      assert.equal(
        values.reduce((sum, value) => sum + Number(value), 0),
        applied,
      );
    });
  });

  test('commits that look at the same missing key do not wait for each other, and see who creates it', async () => {
    await withStore(async (store) => {
      await store.migrate();
      const deadlocks = async () => {
        const [row] = (await server.sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")) as { Value: string }[];
        return Number(row?.Value);
      };
      const look = (key: string) => [
        { key: 'account/a', expect: null },
        { key, expect: null, value: '1' },
      ];
      // The first commit makes the rows that they lock.
      assert.equal(await store.commit(look('first')), true);
      const before = await deadlocks();
      const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => store.commit(look(`k${at}`))));
      assert.ok(answers.every(Boolean));
      // Two keys may share a lock row, so that there may be some.
      assert.ok((await deadlocks()) - before < 20);
      assert.equal(await store.commit([{ key: 'account/a', expect: null, value: '1' }]), true);
      assert.equal(await store.commit(look('later')), false);
      const listed = await store.list({ prefix: '', limit: 1_000 });
      assert.equal(listed.length, 202, 'lock rows are not listed');
    });
  });

  test('the store of another deployment is refused, and nothing is written', async () => {
    const url = `${server.url()}#${freshTable()}`;
    const [first, second] = [await openStore(url, { migrate: true }), await openStore(url)];
    try {
      const { id } = await createToken(await deployment({ store: first }));
      const other = await deployment({ store: second, prefix: 'acme_other' });
      const before = await second.list({ prefix: '', limit: 100 });
      const theirs = { code: 'store_unavailable', message: /"acme_test".*"acme_other"/ };
      await assert.rejects(createToken(other), theirs);
      await assert.rejects(other.revoke(id, {}, admin), theirs);
      assert.deepEqual(await second.list({ prefix: '', limit: 100 }), before);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  test('a deployment with a record key finds what another writer changed', async () => {
    const store = await openStore(`${server.url()}#${freshTable()}`, { migrate: true });
    try {
      const tokens = await deployment({ store, recordKey: 'a1'.repeat(32) });
      const { token, id } = await createToken(tokens);
      assert.equal((await tokens.verify(token)).code, 'valid');
      const [record] = await store.get([`token/${id}`]);
      assert.match(record as string, /"mac":"[0-9a-f]{64}"\}$/);
      await store.commit([{ key: `token/${id}`, value: `${record} ` }]);
      assert.equal((await tokens.verify(token)).code, 'store_unavailable');
    } finally {
      await store.close();
    }
  });

  test('a deployment works on it, by its URL', async () => {
    const store = await openStore(`${server.url()}#${freshTable()}`, { migrate: true });
    const tokens = await deployment({ store, deadline: '60s' });
    const { token, id } = await createToken(tokens);
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
    await tokens.revoke(id, {}, admin);
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'revoked');
    await store.close();
  });
});

test('what is no pool is refused', () => {
  for (const wrong of [undefined, {}, 'mysql://localhost'])
    assert.throws(() => mysqlStore(wrong as unknown as MysqlPool), { code: 'invalid_input', path: 'pool' });
});
