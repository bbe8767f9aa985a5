import { LeastkeyError } from '../api/errors.js';
import type { Entry, Range, Store, Write } from '../api/store.js';
import { refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkSizes, checkWrites, rangeBounds } from './checks.js';

/** The members of Cloudflare's `D1Database` that are used. */
export interface D1Like {
  prepare(sql: string): D1StatementLike;
  batch(statements: D1StatementLike[]): Promise<{ results: unknown[] }[]>;
}

export interface D1StatementLike {
  bind(...values: unknown[]): D1StatementLike;
}

export interface D1StoreOptions {
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/** The longest row and the longest parameter of D1, in bytes. */
const MAX_ROW_BYTES = 2_000_000;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS leastkey_entries (
     key TEXT NOT NULL PRIMARY KEY COLLATE BINARY, value TEXT NOT NULL, expires_at INTEGER
   ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS leastkey_entries_expiring ON leastkey_entries (expires_at) WHERE expires_at IS NOT NULL',
  // One row for as long as a commit takes: whether it applies.
  'CREATE TABLE IF NOT EXISTS leastkey_commits (id TEXT NOT NULL PRIMARY KEY, applied INTEGER NOT NULL) STRICT, WITHOUT ROWID',
];

const READ = 'SELECT key, value FROM leastkey_entries WHERE key IN (SELECT value FROM json_each(?))';

const LIST = 'SELECT key, value FROM leastkey_entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?';

/**
 * The worker cannot decide in the middle of a batch, so its statements decide whether it applies.
 * Each value is a parameter of its own: D1 takes 2 MB per parameter, and 100 parameters per
 * statement. 32 writes need at most 97.
 */
const decide = (expected: number) => `INSERT INTO leastkey_commits (id, applied) SELECT ?1, NOT EXISTS (
    SELECT 1 FROM (${rows(expected, 2)}) AS expected LEFT JOIN leastkey_entries AS entry ON entry.key = expected.column1
    WHERE entry.value IS NOT expected.column2
  )`;

const DECIDE_FREELY = 'INSERT INTO leastkey_commits (id, applied) VALUES (?1, 1)';

const APPLIES = '(SELECT applied FROM leastkey_commits WHERE id = ?1)';

const DELETE = `DELETE FROM leastkey_entries WHERE ${APPLIES} AND key IN (SELECT value FROM json_each(?2))`;

const put = (count: number) => `INSERT INTO leastkey_entries (key, value, expires_at)
  SELECT column1, column2, column3 FROM (${rows(count, 3)}) WHERE ${APPLIES}
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`;

const DROP_EXPIRED = `DELETE FROM leastkey_entries WHERE ${APPLIES} AND key IN
  (SELECT key FROM leastkey_entries WHERE expires_at <= ?2 ORDER BY expires_at LIMIT ${SWEEP})`;

const TAKE_APPLIED = 'DELETE FROM leastkey_commits WHERE id = ?1 RETURNING applied';

/**
 * A store in a Cloudflare D1 database. It creates its tables on first use; their names begin with
 * `leastkey_`, so the database may have others.
 *
 * @throws {LeastkeyError} `invalid_input` if `database` is no D1 database, and for a session of
 * one: its reads may come from a replica that lags behind a revocation.
 *
 * @example
 * const tokens = await createTokens({ catalog, store: d1Store(env.DB), prefix: 'acme_live' });
 */
export function d1Store(database: D1Like, options: D1StoreOptions = {}): Store {
  refuseUnknownOptions(options, ['now'], 'd1Store');
  const { prepare, batch, getBookmark } = (database ?? {}) as Partial<D1Like> & { getBookmark?: unknown };
  if (typeof getBookmark === 'function') {
    throw invalidDatabase(
      'a session of D1 may read from a replica, where a revocation has not arrived yet; give the database itself',
    );
  }
  if (typeof prepare !== 'function' || typeof batch !== 'function') {
    throw invalidDatabase('expected the binding of a D1 database, such as env.DB');
  }
  return new D1Store(database, sweepClock(options.now));
}

function invalidDatabase(message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', `database: ${message}`, { path: 'database' });
}

/** A statement and the values of its parameters. */
type Bound = [sql: string, ...values: unknown[]];

/** Rows of parameters, `?2` the first: `?1` is the id of the commit. */
function rows(count: number, width: number): string {
  const row = (at: number) => Array.from({ length: width }, (_, column) => `?${2 + at * width + column}`);
  return `VALUES ${Array.from({ length: count }, (_, at) => `(${row(at)})`)}`;
}

class D1Store implements Store {
  readonly #database: D1Like;
  readonly #now: () => number;
  /** Whether the tables are known to exist. */
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
    const rows = await this.#run([[LIST, ...rangeBounds(range), range.limit]]);
    return (rows as Entry[]).map(({ key, value }) => ({ key, value }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    checkSizes(writes, MAX_ROW_BYTES, 'D1');
    const id = crypto.randomUUID();
    const expected = writes.flatMap(({ key, expect }) => (expect === undefined ? [] : [key, expect]));
    const deleted = writes.flatMap(({ key, value }) => (value === null ? [key] : []));
    const added = writes.flatMap(({ key, value, expiresAt }) =>
      typeof value === 'string' ? [key, value, expiresAt ?? null] : [],
    );
    const statements: Bound[] = [
      expected.length > 0 ? [decide(expected.length / 2), id, ...expected] : [DECIDE_FREELY, id],
      [DELETE, id, JSON.stringify(deleted)],
    ];
    if (added.length > 0) statements.push([put(added.length / 3), id, ...added]);
    const rows = await this.#apply([...statements, [DROP_EXPIRED, id, this.#now()], [TAKE_APPLIED, id]]);
    return (rows as { applied: number }[])[0]?.applied === 1;
  }

  /**
   * Runs a commit. D1 rolls a batch back when a statement fails, and names SQLite's result code.
   */
  async #apply(statements: Bound[]): Promise<unknown[]> {
    try {
      return await this.#run(statements);
    } catch (cause) {
      const [, code] = /: SQLITE_(FULL|TOOBIG)\b/.exec((cause as Error).message) ?? [];
      if (code === undefined) throw cause;
      const reason = code === 'FULL' ? 'the database is full' : 'a value is too long for D1';
      throw new LeastkeyError('store_unavailable', `${reason}; nothing was changed`, { cause });
    }
  }

  /**
   * Runs statements as one transaction, and returns the rows of the last. The first call creates
   * the tables.
   */
  async #run(statements: Bound[]): Promise<unknown[]> {
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
