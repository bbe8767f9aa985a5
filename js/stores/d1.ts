import { LeastkeyError } from '../errors.js';
import { refuseUnknownOptions } from '../options.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';
import type { Entry, Range, Store, Write } from './store.js';

/** What of Cloudflare's `D1Database` is used. */
export interface D1Like {
  prepare(sql: string): D1StatementLike;
  batch(statements: D1StatementLike[]): Promise<{ results: unknown[] }[]>;
}

export interface D1StatementLike {
  bind(...values: unknown[]): D1StatementLike;
}

export interface D1StoreOptions {
  /** The clock by which expired keys are dropped, in milliseconds. Give it the clock of `createTokens`. */
  now?: () => number;
}

/** How many expired keys one commit drops at most. */
const SWEEP = 64;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS leastkey_entries (
     key TEXT NOT NULL PRIMARY KEY COLLATE BINARY, value TEXT NOT NULL, expires_at INTEGER
   ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS leastkey_entries_expiring ON leastkey_entries (expires_at) WHERE expires_at IS NOT NULL',
  // One row for as long as a commit takes: whether it applies.
  'CREATE TABLE IF NOT EXISTS leastkey_commits (id TEXT NOT NULL PRIMARY KEY, applied INTEGER NOT NULL) STRICT, WITHOUT ROWID',
];

const READ = 'SELECT key, value FROM leastkey_entries WHERE key IN (SELECT value FROM json_each(?))';

const LIST =
  'SELECT key, value FROM leastkey_entries WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?';

/** A batch is one transaction without a word from outside, so what is decided in it must be decided by it. */
const DECIDE = `INSERT INTO leastkey_commits (id, applied) SELECT ?1, NOT EXISTS (
    SELECT 1 FROM json_each(?2) AS expected LEFT JOIN leastkey_entries AS entry ON entry.key = expected.value ->> 0
    WHERE entry.value IS NOT expected.value ->> 1
  )`;
const APPLIES = '(SELECT applied FROM leastkey_commits WHERE id = ?1)';
const DELETE = `DELETE FROM leastkey_entries WHERE ${APPLIES} AND key IN (SELECT value FROM json_each(?2))`;
const PUT = `INSERT INTO leastkey_entries (key, value, expires_at)
  SELECT put.value ->> 0, put.value ->> 1, put.value ->> 2 FROM json_each(?2) AS put WHERE ${APPLIES}
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`;
const DROP_EXPIRED = `DELETE FROM leastkey_entries WHERE ${APPLIES} AND key IN
  (SELECT key FROM leastkey_entries WHERE expires_at <= ?2 ORDER BY expires_at LIMIT ${SWEEP})`;
const TELL = 'DELETE FROM leastkey_commits WHERE id = ?1 RETURNING applied';

/**
 * A store in a Cloudflare D1 database. It makes its tables when it is first used; their names begin with `leastkey_`, so
 * the database may hold others.
 *
 * @throws {LeastkeyError} `invalid_input` for what is no D1 database, and for a session of one: its reads may come from a
 * replica, which does not know of a revocation yet.
 *
 * @example
 * const tokens = await createTokens({ catalog, store: d1Store(env.DB), prefix: 'acme_live' });
 */
export function d1Store(database: D1Like, options: D1StoreOptions = {}): Store {
  refuseUnknownOptions(options, ['now'], 'd1Store');
  const { prepare, batch, getBookmark } = (database ?? {}) as Partial<D1Like> & { getBookmark?: unknown };
  if (typeof getBookmark === 'function') {
    throw wrong(
      'a session of D1 may read from a replica, where a revocation has not arrived yet; give the database itself',
    );
  }
  if (typeof prepare !== 'function' || typeof batch !== 'function') {
    throw wrong('expected the binding of a D1 database, such as env.DB');
  }
  return new D1Store(database, options.now ?? Date.now);
}

function wrong(message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', `database: ${message}`, { path: 'database' });
}

class D1Store implements Store {
  readonly #database: D1Like;
  readonly #now: () => number;
  /** Whether the tables are known to be there. */
  #ready = false;

  constructor(database: D1Like, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    if (keys.length === 0) return [];
    const rows = await this.#run([[READ, JSON.stringify(keys)]]);
    const values = new Map((rows as Entry[]).map(({ key, value }) => [key, value]));
    return keys.map((key) => values.get(key) ?? null);
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    const { prefix, after = '', limit } = range;
    // Keys are printable ASCII, so 0x7f stands behind every key that begins with the prefix.
    const rows = await this.#run([[LIST, after, prefix, `${prefix}\x7f`, limit]]);
    return (rows as Entry[]).map(({ key, value }) => ({ key, value }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    const id = crypto.randomUUID();
    const expected = writes.flatMap(({ key, expect }) => (expect === undefined ? [] : [[key, expect]]));
    const deleted = writes.flatMap(({ key, value }) => (value === null ? [key] : []));
    const put = writes.flatMap(({ key, value, expiresAt }) =>
      typeof value === 'string' ? [[key, value, expiresAt ?? null]] : [],
    );
    const told = await this.#run([
      [DECIDE, id, JSON.stringify(expected)],
      [DELETE, id, JSON.stringify(deleted)],
      [PUT, id, JSON.stringify(put)],
      [DROP_EXPIRED, id, this.#now()],
      [TELL, id],
    ]);
    return (told as { applied: number }[])[0]?.applied === 1;
  }

  /** Runs statements as one transaction and answers the rows of the last. The tables are made on the way of the first. */
  async #run(statements: [sql: string, ...values: unknown[]][]): Promise<unknown[]> {
    const schema = this.#ready ? [] : SCHEMA.map((sql): [string] => [sql]);
    const prepared = [...schema, ...statements].map(([sql, ...values]) => {
      const statement = this.#database.prepare(sql);
      return values.length === 0 ? statement : statement.bind(...values);
    });
    const results = await this.#database.batch(prepared);
    this.#ready = true;
    return results.at(-1)?.results ?? [];
  }
}
