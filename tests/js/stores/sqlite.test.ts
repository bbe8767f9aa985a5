import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type SqliteStoreOptions, sqliteStore } from 'leastkey/stores/sqlite';
import { ending, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';

const require = createRequire(import.meta.url);
const Database = require('libsql');

function withFile(run: (file: { path: string; folder: string }) => void | Promise<void>) {
  return async () => {
    const file = temporaryFile();
    try {
      await run(file);
    } finally {
      file.remove();
    }
  };
}

function assertUnavailable(options: SqliteStoreOptions, message: RegExp): void {
  assert.throws(() => sqliteStore(options), { name: 'LeastkeyError', code: 'store_unavailable', message });
}

/** Root may write anywhere, so this is tried as another user. */
function asOrdinaryUser(run: () => void): void {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    run();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

describe('sqliteStore', () => {
  test(
    'committed values are there when the file is opened again',
    withFile(({ path }) => {
      const first = sqliteStore({ path });
      assert.equal(first.commit([{ key: 'k', expect: null, value: '1' }]), true);
      first.close();
      assert.equal(
        existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0,
        false,
        'close leaves one file',
      );
      const again = sqliteStore({ path });
      assert.deepEqual(again.get(['k']), ['1']);
      again.close();
    }),
  );

  test(
    'the journal is a write-ahead log',
    withFile(({ path }) => {
      const store = sqliteStore({ path });
      store.commit([{ key: 'k', value: '1' }]);
      assert.ok(statSync(`${path}-wal`).size > 0);
      // The header of a SQLite file has the journal mode: 2 is a write-ahead log.
      assert.deepEqual([...readFileSync(path).subarray(18, 20)], [2, 2]);
      store.close();
    }),
  );

  test(
    'values of the size of a record take little more room than their bytes',
    withFile(({ path }) => {
      const COUNT = 1_600;
      const value = 'r'.repeat(1_800);
      const store = sqliteStore({ path });
      for (let at = 0; at < COUNT; at += 32) {
        // Keys that do not come in order, as ids of tokens of different kinds do not.
        const keys = Array.from({ length: 32 }, (_, nth) => `token/${((at + nth) * 7_919) % 10_007}`);
        assert.ok(store.commit(keys.map((key) => ({ key, value }))));
      }
      store.close();
      const room = statSync(path).size / COUNT;
      assert.ok(room < 2 * value.length, `${room} bytes each`);
    }),
  );

  test(
    'a closed store refuses, and a second close does nothing',
    withFile(({ path }) => {
      const store = sqliteStore({ path });
      store.close();
      store.close();
      const closed = { code: 'store_unavailable', message: /was closed/ };
      assert.throws(() => store.get(['k']), closed);
      assert.throws(() => store.list({ prefix: '', limit: 1 }), closed);
      assert.throws(() => store.commit([{ key: 'k', value: '1' }]), closed);
    }),
  );

  test(
    'a missing folder and a folder in place of a file are named in the error',
    withFile(({ folder }) => {
      assertUnavailable(
        { path: join(folder, 'no', 'such', 'tokens.db') },
        /there is no folder .*no.such; create it/,
      );
      mkdirSync(join(folder, 'tokens.db'));
      assertUnavailable({ path: join(folder, 'tokens.db') }, /is a folder/);
      writeFileSync(join(folder, 'file'), '');
      assertUnavailable({ path: join(folder, 'file', 'tokens.db') }, /there is no folder .*file/);
    }),
  );

  test(
    'a file that is no database, or that of another program, is refused and not changed',
    withFile(({ path, folder }) => {
      const text = join(folder, 'notes.txt');
      writeFileSync(text, 'These are my notes. '.repeat(500));
      const foreign = join(folder, 'foreign.db');
      const database = new Database(foreign);
      database.exec("CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('Ada')");
      database.close();
      sqliteStore({ path }).close();
      const newer = join(folder, 'newer.db');
      copyFileSync(path, newer);
      const newerDatabase = new Database(newer);
      newerDatabase.exec('PRAGMA user_version = 999');
      newerDatabase.close();
      for (const [file, message] of [
        [text, /cannot use .*notes\.txt as a database: file is not a database/],
        [foreign, /database of another program/],
        [newer, /newer Leastkey \(schema 999; this one knows 1\): update/],
      ] as const) {
        const before = readFileSync(file);
        assertUnavailable({ path: file }, message);
        assert.deepEqual(readFileSync(file), before, `${file} was changed`);
      }
    }),
  );

  test(
    'a truncated database is refused, not repaired into an empty one',
    withFile(({ path }) => {
      const store = sqliteStore({ path });
      for (let index = 0; index < 100; index++)
        store.commit([{ key: `k${index}`, value: 'v'.repeat(1_000) }]);
      store.close();
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, 5_000));
      assert.throws(
        () => {
          const cut = sqliteStore({ path });
          try {
            cut.list({ prefix: '', limit: 1_000 });
          } finally {
            cut.close();
          }
        },
        { message: /malformed|not a database|disk image/ },
      );
    }),
  );

  test(
    'a read-only file is refused at once, not at the first revocation',
    withFile(async ({ path, folder }) => {
      // Another process makes it: SQLite in this process would reuse its open descriptor.
      assert.equal(await ending(start('increment', path, '1')), 0);
      chmodSync(path, 0o444);
      chmodSync(folder, 0o555);
      try {
        asOrdinaryUser(() => assertUnavailable({ path }, /may not write|read-?only|unable to open/));
      } finally {
        chmodSync(folder, 0o755);
      }
    }),
  );

  test('wrong options are named in the error', () => {
    for (const [options, message] of [
      [{ file: 'x.db' }, /unknown option "file" of sqliteStore/],
      [{ path: 'x.db', bussyTimeout: 1 }, /did you mean "busyTimeout"/],
      [{}, /path: expected the path/],
      [{ path: '' }, /path: expected the path/],
      [{ path: ':memory:' }, /memoryStore\(\)/],
      [{ path: 'libsql://example.com' }, /no path of a file/],
      [{ path: 'file:tokens.db' }, /no path of a file/],
      [{ path: 'x.db', database: new Database(':memory:') }, /give either `database` or `path`/],
      [{ database: new Database(':memory:') }, /^database: it is in memory/],
      [{ database: { execute() {} } }, /^database: expected an open database of libsql, better-sqlite3 or/],
      [{ database: null }, /^database: expected/],
      [{ path: 'x.db', busyTimeout: -1 }, /busyTimeout: .*has no unit/],
      [{ path: 'x.db', busyTimeout: Number.NaN }, /busyTimeout: .*has no unit/],
      [undefined, /expects an object/],
    ] as const) {
      assert.throws(() => sqliteStore(options as SqliteStoreOptions), { code: 'invalid_input', message });
    }
  });

  test(
    'a store that another process locks fails after the busy timeout, and says that nothing was changed',
    withFile(({ path }) => {
      const store = sqliteStore({ path, busyTimeout: '20ms' });
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      assert.throws(() => store.commit([{ key: 'k', value: '1' }]), {
        code: 'store_unavailable',
        message: /^another process kept the database locked; nothing was changed$/,
      });
      assert.deepEqual(store.get(['k']), [null], 'readers do not wait for writers');
      holder.exec('ROLLBACK');
      assert.equal(store.commit([{ key: 'k', value: '1' }]), true);
      holder.close();
      store.close();
    }),
  );

  test(
    'a database that was given stays open, and its driver may name errors as better-sqlite3 does',
    withFile(({ path }) => {
      const database = new Database(path);
      const named = {
        prepare: (sql: string) => database.prepare(sql),
        exec(sql: string) {
          try {
            return database.exec(sql);
          } catch (error) {
            throw Object.assign(new Error('locked'), { code: (error as { code: string }).code });
          }
        },
      };
      const store = sqliteStore({ database: named, busyTimeout: '20ms' });
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      assert.throws(() => store.commit([{ key: 'k', value: '1' }]), {
        code: 'store_unavailable',
        message: /^another process kept the database locked; nothing was changed$/,
      });
      holder.close();
      assert.equal(store.commit([{ key: 'k', value: '1' }]), true);
      store.close();
      assert.throws(() => store.get(['k']), /the store was closed/);
      assert.equal(database.prepare('SELECT count(*) AS entries FROM entries').get().entries, 1);
      database.close();
      assert.throws(() => sqliteStore({ database }), { code: 'store_unavailable' });
    }),
  );

  test(
    'four processes that open a new file concurrently and count in it lose no count',
    withFile(async ({ path }) => {
      const children = Array.from({ length: 4 }, () => start('increment', path, '100'));
      assert.deepEqual(await Promise.all(children.map(ending)), [0, 0, 0, 0]);
      const store = sqliteStore({ path });
      assert.deepEqual(store.get(['count']), ['400']);
      assert.equal(store.list({ prefix: 'mark/', limit: 1_000 }).length, 400);
      store.close();
    }),
  );
});

test('a list reads its own range, however many keys come before it', () => {
  const file = temporaryFile();
  const store = sqliteStore({ path: file.path });
  const database = new Database(file.path);
  try {
    database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
      INSERT INTO entries (key, value) SELECT 'a/' || i, '1' FROM n`);
    store.commit([{ key: 'b/1', value: '1' }]);
    const took = (prefix: string) => {
      const began = performance.now();
      for (let turn = 0; turn < 20; turn++) assert.equal(store.list({ prefix, limit: 1 }).length, 1);
      return performance.now() - began;
    };
    took('a/');
    const [first, last] = [took('a/'), took('b/')];
    // A scan of all keys takes some hundred times as long.
    assert.ok(last < 20 * first, `${last} ms behind the others, ${first} ms before`);
  } finally {
    database.close();
    store.close();
    file.remove();
  }
});
