/** Writes many entries into a database at once, past the store where that is much faster. */

import Database from 'libsql';
import pg from 'pg';

/** The writes of a commit of the contract. */
const WRITES = 32;

/** The commits that run at once. */
const AT_ONCE = 4;

/**
 * Opens a database for many entries; the schema is there. Nothing is durable before `end`.
 *
 * @param {string} url of `openStore`, without a name
 * @param {import('leastkey').Store} store the opened store
 * @param {string} [table] where it is not the usual one
 */
export async function filler(url, store, table = 'leastkey_entries') {
  if (url.startsWith('sqlite:')) return intoSqlite(url.slice('sqlite:'.length));
  if (url.startsWith('postgres:')) return intoPostgres(url, table);
  return {
    async put(entries) {
      const commits = [];
      for (let at = 0; at < entries.length; at += WRITES)
        commits.push(entries.slice(at, at + WRITES).map(([key, value]) => ({ key, value })));
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let next = commits.pop(); next !== undefined; next = commits.pop())
            if (!(await store.commit(next))) throw new Error('A commit was not applied.');
        }),
      );
    },
    async end() {},
  };
}

function intoSqlite(path) {
  const database = new Database(path);
  database.exec('PRAGMA synchronous = OFF');
  database.exec('PRAGMA cache_size = -400000');
  const insert = database.prepare('INSERT OR REPLACE INTO entries (key, value) VALUES (?, ?)');
  return {
    async put(entries) {
      database.exec('BEGIN');
      for (const entry of inOrder(entries)) insert.run(...entry);
      database.exec('COMMIT');
    },
    async end() {
      // Everything into the one file: it is read as one that has been at rest.
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      database.close();
    },
  };
}

async function intoPostgres(url, table) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SET synchronous_commit = off');
  return {
    async put(entries) {
      const sorted = inOrder(entries);
      const columns = [0, 1].map((at) => sorted.map((entry) => entry[at]));
      await client.query(
        `INSERT INTO ${table} (key, value) SELECT * FROM unnest($1::text[], $2::text[])
         ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        columns,
      );
    },
    async end() {
      await client.query(`VACUUM (ANALYZE) ${table}`);
      await client.query('CHECKPOINT');
      await client.end();
    },
  };
}

const inOrder = (entries) => [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
