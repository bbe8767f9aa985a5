import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Duration } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { Entry, Range, SyncStore, Write } from '../api/store.js';
import { parseDuration } from '../input/duration.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites, rangeBounds } from './checks.js';
import { createForOwner, warnIfOpenToOthers } from './file-access.js';
import { OpenFiles } from './open-files.js';
import {
  type Database,
  isBusy,
  isIncompleteWrite,
  loadDriver,
  type SqliteDatabase,
  type Statement,
} from './sqlite-driver.js';
import { prepareSchema, rollBack } from './sqlite-schema.js';

export type { SqliteDatabase };

export interface SqliteStoreOptions {
  /** The database file. It is created when missing; its folder must exist. */
  path?: string;
  /**
   * In place of `path`: an open database of `libsql`, `better-sqlite3` or `node:sqlite`, on a file
   * that has nothing else in it. Its caller closes it, after the store.
   */
  database?: SqliteDatabase;
  /** How long a call waits for another process that is writing. Default `'5s'`. */
  busyTimeout?: Duration | 0;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** A store on one SQLite file. */
export interface SqliteStore extends SyncStore {
  /**
   * Closes the file; later calls are refused. The write-ahead log is moved into the one file, as
   * far as that is possible without waiting for other connections. A database that was given stays
   * open.
   */
  close(): void;
}

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

const BUSY_TIMEOUT = '5s';

/**
 * Milliseconds. Reads check that often whether the file was moved: a check costs a third of a read.
 */
const CHECK_INTERVAL = 100;

const MOVED = 'the database file was deleted or replaced while this process had it open';

const REOPEN = 'open the store again, for example by a restart';

/**
 * A store in one SQLite file, for one process or several on the same machine.
 *
 * What was acknowledged survives a killed process and a power cut: the journal is a write-ahead log
 * with `synchronous=FULL`, so a revocation is on the disk before `revoke` resolves. The file must
 * lie on a local disk. Calls are synchronous: while another process writes, a commit holds this
 * one's event loop, at most `busyTimeout`.
 *
 * A new file can be opened by its owner alone (mode 0600). Where an existing one can be opened by
 * other users, a warning of the process says so, once.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option; `store_unavailable` when the file
 * cannot be opened or written, is no database, belongs to another program or to a newer Leastkey. A
 * file that is refused is left as it was.
 *
 * @example
 * const store = sqliteStore({ path: './data/tokens.db' });
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 * // … and when the program ends:
 * store.close();
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  if (typeof options === 'string')
    throw invalidInput('path', 'expected { path }, got a text; write sqliteStore({ path: "./tokens.db" })');
  refuseUnknownOptions(options, ['path', 'database', 'busyTimeout', 'now'], 'sqliteStore');
  const { path, database, now } = options;
  const busyTimeout = parseDuration(options.busyTimeout ?? BUSY_TIMEOUT, 'busyTimeout');
  if (busyTimeout > 600_000) {
    throw new LeastkeyError('invalid_input', 'busyTimeout: expected a duration up to "10m"', {
      path: 'busyTimeout',
    });
  }
  if (database !== undefined) {
    if (path !== undefined)
      throw invalidInput('database', 'it has a path of its own: give either `database` or `path`');
    return use(database, busyTimeout, sweepClock(now));
  }
  if (typeof path !== 'string' || path === '') {
    throw new LeastkeyError('invalid_input', 'path: expected the path of the database file', {
      path: 'path',
    });
  }
  if (path.startsWith(':memory:') || /^[a-z][a-z0-9+.-]+:/i.test(path)) {
    throw new LeastkeyError(
      'invalid_input',
      `path: ${JSON.stringify(path)} is no path of a file. For a store in memory use memoryStore() of leastkey/stores/memory`,
      { path: 'path' },
    );
  }
  const file = resolve(path);
  refuseWrongPlace(file);
  return open(file, busyTimeout, sweepClock(now));
}

function open(file: string, busyTimeout: number, now: () => number): SqliteStore {
  const Driver = loadDriver();
  let database: Database | undefined;
  try {
    createForOwner(file);
    const before = new OpenFiles(file);
    database = new Driver(file);
    prepareSchema(database, file, busyTimeout);
    const opened = database;
    const store = new OpenSqliteStore(opened, file, now, () => checkpointAndClose(opened));
    if (!before.databaseInPlace())
      throw sqliteError(`cannot open ${file}: it was replaced meanwhile; try again`);
    warnIfOpenToOthers([file, `${file}-wal`, `${file}-shm`], 'the tokens');
    return store;
  } catch (error) {
    database?.close();
    if (error instanceof LeastkeyError) throw error;
    throw sqliteError(`cannot use ${file} as a database: ${(error as Error).message}`, error);
  }
}

function checkpointAndClose(database: Database): void {
  try {
    // A checkpoint without a busy timeout does not wait for other connections.
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

/** A store on a database that the caller opened, and closes. */
function use(database: SqliteDatabase, busyTimeout: number, now: () => number): SqliteStore {
  if (typeof database?.prepare !== 'function' || typeof database.exec !== 'function')
    throw invalidInput('database', 'expected an open database of libsql, better-sqlite3 or node:sqlite');
  try {
    const { file } = database.prepare('PRAGMA database_list').get() as { file: string | null };
    if (!file)
      throw invalidInput(
        'database',
        'it is in memory or temporary. For a store in memory use memoryStore() of leastkey/stores/memory',
      );
    prepareSchema(database, file, busyTimeout);
    warnIfOpenToOthers([file, `${file}-wal`, `${file}-shm`], 'the tokens');
    return new OpenSqliteStore(database, file, now, () => {});
  } catch (error) {
    if (error instanceof LeastkeyError) throw error;
    throw sqliteError(`cannot use the database: ${(error as Error).message}`, error);
  }
}

/** SQLite reports "unable to open" for all of these; this tells which it is. */
function refuseWrongPlace(file: string): void {
  const folder = dirname(file);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw sqliteError(`cannot open ${file}: there is no folder ${folder}; create it first`);
  }
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    throw sqliteError(`cannot open ${file}: it is a folder; give the path of a file in it`);
  }
  // SQLite keeps its journal beside the file, so the folder must be writable too.
  for (const place of found ? [folder, file] : [folder]) {
    try {
      accessSync(place, constants.W_OK);
    } catch (cause) {
      throw sqliteError(`cannot open ${file}: this user may not write to ${place}`, cause);
    }
  }
}

function sqliteError(message: string, cause?: unknown): LeastkeyError {
  return new LeastkeyError('store_unavailable', message, { cause });
}

/** The store's statements, compiled once. */
function prepareStatements(database: SqliteDatabase) {
  return {
    one: database.prepare('SELECT value FROM entries WHERE key = ?'),
    // One statement, so that the values are of one moment.
    several: database.prepare('SELECT key, value FROM entries WHERE key IN (SELECT value FROM json_each(?))'),
    range: database.prepare('SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?'),
    put: database.prepare(
      `INSERT INTO entries (key, value, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
    ),
    remove: database.prepare('DELETE FROM entries WHERE key = ?'),
    sweep: database.prepare(
      `DELETE FROM entries WHERE key IN
       (SELECT key FROM entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP})`,
    ),
  } satisfies Record<string, Statement>;
}

class OpenSqliteStore implements SqliteStore {
  readonly #database: SqliteDatabase;
  readonly #file: string;
  readonly #files: OpenFiles;
  readonly #now: () => number;
  readonly #release: () => void;
  /** When a read last found the file in its place, by the monotonic clock. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Released on close: the driver keeps the file open while statements exist. */
  #statements: ReturnType<typeof prepareStatements> | undefined;

  constructor(database: SqliteDatabase, file: string, now: () => number, release: () => void) {
    this.#database = database;
    this.#release = release;
    this.#file = file;
    this.#now = now;
    this.#statements = prepareStatements(database);
    this.#files = new OpenFiles(file);
  }

  get(keys: string[]): (string | null)[] {
    checkKeys(keys);
    const { several } = this.#reading();
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) return [this.#read(only)];
    const rows = several.all(JSON.stringify(keys)) as Entry[];
    const values = new Map(rows.map(({ key, value }) => [key, value]));
    return keys.map((key) => values.get(key) ?? null);
  }

  list(range: Range): Entry[] {
    checkRange(range);
    const rows = this.#reading().range.all(...rangeBounds(range), range.limit) as Entry[];
    return rows.map(({ key, value }) => ({ key, value }));
  }

  commit(writes: Write[]): boolean {
    checkWrites(writes);
    const { put, remove, sweep } = this.#open();
    return this.#transaction(() => {
      if (!writes.every(({ key, expect }) => expect === undefined || expect === this.#read(key)))
        return false;
      for (const { key, value, expiresAt } of writes) {
        if (value === null) remove.run(key);
        else if (value !== undefined) put.run(key, value, expiresAt ?? null);
      }
      sweep.run(this.#now());
      return true;
    });
  }

  close(): void {
    if (this.#statements === undefined) return;
    this.#statements = undefined;
    this.#release();
  }

  #read(key: string): string | null {
    return (this.#open().one.get(key) as { value: string } | undefined)?.value ?? null;
  }

  /** Runs `change` in a transaction that is kept only when it returns `true`. */
  #transaction(change: () => boolean): boolean {
    let applied = false;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      if (!this.#files.inPlace()) throw sqliteError(`${MOVED}; nothing was changed; ${REOPEN}`);
      applied = change();
    } catch (error) {
      throw this.#unchanged(error);
    } finally {
      if (!applied) rollBack(this.#database);
    }
    if (applied) this.#commitTransaction();
    return applied;
  }

  #commitTransaction(): void {
    try {
      this.#database.exec('COMMIT');
    } catch (error) {
      if (rollBack(this.#database) || isIncompleteWrite(error)) throw this.#unchanged(error);
      // Not `store_unavailable`: whether the change is on the disk is unknown.
      throw error;
    }
    // Also unknown: the change is in a file that the next process does not open.
    if (!this.#files.inPlace()) throw new Error(`${this.#file}: ${MOVED}; ${REOPEN}`);
  }

  /** The error of a transaction of which it is certain that nothing was applied. */
  #unchanged(error: unknown): LeastkeyError {
    if (error instanceof LeastkeyError) return error;
    // The message may reach a client; the path and SQLite's message are for the host's log.
    const cause = new Error(`cannot write ${this.#file}: ${(error as Error).message}`, { cause: error });
    return sqliteError(`${reasonOf(error)}; nothing was changed`, cause);
  }

  #reading(): ReturnType<typeof prepareStatements> {
    const statements = this.#open();
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_INTERVAL) return statements;
    if (!this.#files.databaseInPlace()) throw sqliteError(`${MOVED}; ${REOPEN}`);
    this.#checkedAt = now;
    return statements;
  }

  #open(): ReturnType<typeof prepareStatements> {
    if (this.#statements === undefined) throw sqliteError('the store was closed');
    return this.#statements;
  }
}

function reasonOf(error: unknown): string {
  if (isIncompleteWrite(error)) return 'the disk of the database is full, or takes no more of this process';
  if (isBusy(error)) return 'another process kept the database locked';
  return 'the database cannot be written';
}
