import { LeastkeyError } from '../api/errors.js';
import type { DatabaseStore, Entry, Range, Write } from '../api/store.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { sleep } from '../runtime/deadline.js';
import { checkKeys, checkRange, checkWrites, rangeBounds } from './checks.js';
import {
  bytesOf,
  DUPLICATE_KEY,
  errorNumber,
  isDenied,
  isFull,
  isLockFailure,
  isLockKey,
  LOCKS,
  lockKey,
  lockNumber,
  type MysqlConnectionLike,
  type MysqlPool,
  type MysqlPoolLike,
  NO_TABLE,
  READ_ONLY,
  readPool,
  textOf,
} from './mysql-client.js';
import {
  createTable,
  MIGRATE,
  REPLICA,
  readTable,
  refusal,
  refuseSettings,
  refuseTable,
  SERVER_SETTINGS,
  TABLE_FACTS,
  type TableFacts,
} from './mysql-schema.js';
import { OpenCheck } from './open-check.js';

export type { MysqlCallbackPoolLike, MysqlConnectionLike, MysqlPool, MysqlPoolLike } from './mysql-client.js';

export interface MysqlStoreOptions {
  /** The table. Two deployments in one database need two. Default `leastkey_entries`. */
  table?: string;
  /** The service keeps acknowledged changes, whatever its settings say. Default `false`. */
  durable?: boolean;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** The most expired keys that one sweep deletes. */
const SWEEP = 64;

/** How often a commit is run that lost to another one: nothing of it was applied. */
const MAX_ATTEMPTS = 8;

/**
 * A store in a MariaDB (10.6 or later) or MySQL 8 database, over a pool of `mysql2` that the host
 * made. Call `migrate()` once before the first use.
 *
 * A commit is a transaction of its own on one connection of the pool, with about seven round trips,
 * and one more that looks for expired keys.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong pool or option
 *
 * @example
 * const store = mysqlStore(mysql.createPool(process.env.DATABASE_URL));
 * await store.migrate();
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 */
export function mysqlStore(pool: MysqlPool, options: MysqlStoreOptions = {}): DatabaseStore {
  refuseUnknownOptions(options, ['table', 'durable', 'now'], 'mysqlStore');
  const { table = 'leastkey_entries', durable = false, now } = options;
  if (typeof durable !== 'boolean') throw invalidInput('durable', 'expected true or false');
  return new MysqlStore(readPool(pool), readTable(table), durable, sweepClock(now));
}

/** Lost to another commit: an `expect` did not hold. */
const CONFLICT = Symbol('conflict');

/** The table has no lock rows yet. */
const NO_LOCK_ROWS = Symbol('no lock rows');

interface Row {
  k: Uint8Array | null;
  v: Uint8Array;
  read_only: number;
  autocommit: number;
}

class MysqlStore implements DatabaseStore {
  readonly #pool: MysqlPoolLike;
  readonly #name: string;
  readonly #table: string;
  readonly #now: () => number;
  readonly #server: OpenCheck<void>;

  constructor(
    pool: MysqlPoolLike,
    { name, quoted }: { name: string; quoted: string },
    durable: boolean,
    now: () => number,
  ) {
    this.#pool = pool;
    this.#name = name;
    this.#table = quoted;
    this.#now = now;
    this.#server = new OpenCheck(() =>
      this.#use(async (connection) => {
        const [settings] = await connection.query(SERVER_SETTINGS);
        const rows = settings as { Variable_name: string; Value: string }[];
        refuseSettings(new Map(rows.map((row) => [row.Variable_name, row.Value])), durable);
        const [facts] = await connection.query(TABLE_FACTS, [name]);
        refuseTable((facts as TableFacts[])[0], name);
      }),
    );
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    if (keys.length === 0) return [];
    await this.#server.passed();
    const rows = await this.#read('e.k IN (?)', '', [keys.map(bytesOf)]);
    const values = new Map(rows.map(({ key, value }) => [key, value]));
    return keys.map((key) => values.get(key) ?? null);
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    await this.#server.passed();
    const [from, before] = rangeBounds(range);
    // Lock rows stand before all keys.
    const bounds = [from || ' ', before].map(bytesOf);
    return this.#read('e.k >= ? AND e.k < ?', 'ORDER BY e.k LIMIT ?', [...bounds, range.limit]);
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    await this.#server.passed();
    // In one order, so that two commits seldom wait for each other.
    const sorted = [...writes].sort((one, other) => (one.key < other.key ? -1 : 1));
    const applied = await this.#commitSorted(sorted);
    if (applied) await this.#sweep();
    return applied;
  }

  async migrate(): Promise<void> {
    await this.#use(async (connection) => {
      await connection.query(createTable(this.#table)).catch((error) => {
        throw this.#refusalOf(error) ?? error;
      });
    });
    this.#server.forget();
    await this.#server.passed();
  }

  async check(): Promise<string[]> {
    this.#server.forget();
    await this.#server.passed();
    return [];
  }

  /** One statement, so the values are of one moment. It tells of the server and the session too. */
  async #read(condition: string, order: string, values: unknown[]): Promise<Entry[]> {
    const rows = await this.#use(async (connection) => {
      const [rows] = await connection.query(
        `SELECT @@global.read_only AS read_only, @@session.autocommit AS autocommit, e.k, e.v
         FROM (SELECT 1) AS one LEFT JOIN ${this.#table} AS e ON ${condition} ${order}`,
        values,
      );
      return rows as Row[];
    });
    for (const { read_only, autocommit } of rows) {
      if (Number(read_only) !== 0) throw refusal(REPLICA);
      if (Number(autocommit) !== 1)
        throw refusal('autocommit is off, so a connection reads what is old; leave it on for this pool');
    }
    return rows.flatMap(({ k, v }) => (k === null ? [] : [{ key: textOf(k), value: textOf(v) }]));
  }

  /** Nothing is applied before the last statement, so it may be run again until then. */
  async #commitSorted(writes: Write[]): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      let isSent = false;
      try {
        return await this.#use(async (connection) => {
          await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
          await connection.query('START TRANSACTION');
          if (!(await this.#apply(connection, writes))) {
            await connection.query('ROLLBACK');
            return false;
          }
          isSent = true;
          await connection.query('COMMIT');
          return true;
        });
      } catch (error) {
        if (isSent) throw error;
        if (error === CONFLICT) return false;
        if (error === NO_LOCK_ROWS) {
          await this.#makeLockRows();
          continue;
        }
        if (isLockFailure(error) && attempt < MAX_ATTEMPTS) {
          await sleep(Math.random() * 2 ** attempt);
          continue;
        }
        throw this.#refusalOf(error) ?? refusal('the database did not answer; nothing was changed', error);
      }
    }
  }

  /** Locks, compares and writes. `false`: an `expect` did not hold. */
  async #apply(connection: MysqlConnectionLike, writes: Write[]): Promise<boolean> {
    const looks = writes.filter(onlyLooks);
    const changes = writes.filter((write) => !onlyLooks(write));
    // Of those that create a key the unique key decides, and the lock tells those that look at it.
    const replaced = changes.filter(({ expect }) => typeof expect === 'string');
    const created = changes.filter(({ expect, value }) => typeof expect !== 'string' && value !== null);
    const absent = looks.filter(({ expect }) => expect === null);
    const found = [
      ...(await this.#locked(connection, looks, absent, 'LOCK IN SHARE MODE')),
      ...(await this.#locked(connection, replaced, created, 'FOR UPDATE')),
    ];
    const values = new Map(found.map(({ key, value }) => [key, value]));
    const compared = [...looks, ...replaced].filter(({ expect }) => expect !== undefined);
    if (!compared.every(({ key, expect }) => (values.get(key) ?? null) === expect)) return false;
    const inserted = created.filter(({ expect }) => expect === null);
    if (inserted.length > 0) await this.#insert(connection, inserted);
    const put = changes.filter(({ expect, value }) => expect !== null && value !== null);
    if (put.length > 0) {
      await connection.query(
        `INSERT INTO ${this.#table} (k, v, e) VALUES ? ON DUPLICATE KEY UPDATE v = VALUES(v), e = VALUES(e)`,
        [put.map(rowOf)],
      );
    }
    const gone = changes.filter(({ value }) => value === null);
    if (gone.length > 0) {
      await connection.query(`DELETE FROM ${this.#table} WHERE k IN (?)`, [
        gone.map(({ key }) => bytesOf(key)),
      ]);
    }
    return true;
  }

  /** Locks the rows of some keys, and the lock rows of others that may not exist. */
  async #locked(
    connection: MysqlConnectionLike,
    present: Write[],
    perhapsAbsent: Write[],
    mode: 'LOCK IN SHARE MODE' | 'FOR UPDATE',
  ): Promise<Entry[]> {
    const locks = new Set(perhapsAbsent.map(({ key }) => lockNumber(key)));
    const keys = [...present.map(({ key }) => bytesOf(key)), ...Array.from(locks, lockKey)];
    if (keys.length === 0) return [];
    const [rows] = await connection.query(
      `SELECT k, v FROM ${this.#table} WHERE k IN (?) ORDER BY k ${mode}`,
      [keys],
    );
    const found = (rows as Row[]).flatMap(({ k, v }) => (k === null ? [] : [{ k, v }]));
    const entries = found.filter(({ k }) => !isLockKey(k));
    if (found.length - entries.length < locks.size) throw NO_LOCK_ROWS;
    return entries.map(({ k, v }) => ({ key: textOf(k), value: textOf(v) }));
  }

  async #makeLockRows(): Promise<void> {
    const rows = Array.from({ length: LOCKS }, (_, number) => [lockKey(number), Buffer.alloc(0), null]);
    await this.#use((connection) =>
      connection.query(`INSERT IGNORE INTO ${this.#table} (k, v, e) VALUES ?`, [rows]),
    ).catch((error) => {
      throw this.#refusalOf(error) ?? error;
    });
  }

  async #insert(connection: MysqlConnectionLike, writes: Write[]): Promise<void> {
    try {
      await connection.query(`INSERT INTO ${this.#table} (k, v, e) VALUES ?`, [writes.map(rowOf)]);
    } catch (error) {
      throw errorNumber(error) === DUPLICATE_KEY ? CONFLICT : error;
    }
  }

  /** Deletes expired keys that no other commit has locked. The commit before it is applied. */
  async #sweep(): Promise<void> {
    const expired = `SELECT k FROM ${this.#table} WHERE e <= ? ORDER BY e LIMIT ${SWEEP}`;
    const now = [this.#now()];
    try {
      await this.#use(async (connection) => {
        const [found] = await connection.query(expired, now);
        if ((found as Row[]).length === 0) return;
        await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
        await connection.query('START TRANSACTION');
        const [rows] = await connection.query(`${expired} FOR UPDATE SKIP LOCKED`, now);
        const keys = (rows as Row[]).map(({ k }) => k);
        if (keys.length > 0) await connection.query(`DELETE FROM ${this.#table} WHERE k IN (?)`, [keys]);
        await connection.query('COMMIT');
      });
    } catch {
      // Expired keys may linger: the next commit tries again.
    }
  }

  /** Lends a connection. After a failure it is closed, because its transaction may be open. */
  async #use<T>(work: (connection: MysqlConnectionLike) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection();
    let result: T;
    try {
      result = await work(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    connection.release();
    return result;
  }

  /** What an answer of the server means: its transaction was not committed. */
  #refusalOf(error: unknown): LeastkeyError | undefined {
    if (error instanceof LeastkeyError) return error;
    const number = errorNumber(error);
    if (number === undefined) return undefined;
    // The words of the server may quote values; they are for the log of the host.
    return refusal(`${this.#reasonOf(number, error)}; nothing was changed`, error);
  }

  #reasonOf(number: number, error: unknown): string {
    if (number === READ_ONLY) return REPLICA;
    if (number === NO_TABLE) return `there is no table ${this.#name}; ${MIGRATE}`;
    if (isDenied(number))
      return `the user may not do this; GRANT SELECT, INSERT, UPDATE, DELETE ON ${this.#name}, and CREATE for migrate()`;
    if (isFull(number)) return 'the disk of the database is full';
    if (isLockFailure(error)) return 'other commits kept its keys locked';
    return `the database refused the statement (error ${number})`;
  }
}

/** Whether a write leaves its key as it is. */
const onlyLooks = ({ expect, value }: Write): boolean =>
  value === undefined || (expect === null && value === null);

function rowOf({ key, value, expiresAt }: Write): [Buffer, Buffer, number | null] {
  return [bytesOf(key), bytesOf(value ?? ''), expiresAt ?? null];
}
