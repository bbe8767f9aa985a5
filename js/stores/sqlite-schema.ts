import { LeastkeyError } from '../api/errors.js';
import type { SqliteDatabase } from './sqlite-driver.js';

/**
 * Marks the file as Leastkey's ("LKey" in ASCII), so that another program's database is never
 * written to.
 */
const APPLICATION_ID = 0x4c4b6579;
const SCHEMA_VERSION = 1;

/**
 * Of a new file. SQLite moves a row that takes more than a quarter of a page to a page of its own:
 * with its default of 4 KiB that is each record, and the file is three times as large.
 */
const PAGE_BYTES = 8_192;

const SCHEMA = `
  CREATE TABLE entries (
    key TEXT NOT NULL PRIMARY KEY COLLATE BINARY,
    value TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What tells whose a file is, by one statement: another process may be making its schema. */
const MARKS = `
  SELECT user_version AS version, application_id AS application, (SELECT count(*) FROM sqlite_schema) AS tables
  FROM pragma_user_version, pragma_application_id
`;

/**
 * Makes an opened file ready: durable, shared and of the schema that this version knows.
 *
 * @throws {LeastkeyError} `store_unavailable` for a file of another program or of a newer Leastkey.
 */
export function prepareSchema(database: SqliteDatabase, file: string, busyTimeout: number): void {
  database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
  const fresh = isFresh(database, file);
  // Has no effect on a file that has pages already.
  if (fresh) database.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  useWriteAheadLog(database, file, busyTimeout);
  database.exec('PRAGMA synchronous = FULL');
  // On macOS only this reaches the platter; elsewhere it does nothing.
  database.exec('PRAGMA fullfsync = ON');
  if (fresh) createSchema(database, file);
  else refuseReadOnly(database);
}

/** Whether the file is new. Only reads, so that a foreign file stays as it is. */
function isFresh(database: SqliteDatabase, file: string): boolean {
  const { version, application, tables } = database.prepare(MARKS).get() as Record<string, number>;
  if (application === APPLICATION_ID) {
    if (version === SCHEMA_VERSION) return false;
    throw schemaError(
      `${file} was written by a newer Leastkey (schema ${version}; this one knows ${SCHEMA_VERSION}): update leastkey`,
    );
  }
  if (application !== 0 || version !== 0 || tables !== 0) {
    throw schemaError(`${file} is the database of another program; give Leastkey a file of its own`);
  }
  return true;
}

/**
 * Several processes may find the file empty at once: one creates the tables, the others see that it
 * did.
 */
function createSchema(database: SqliteDatabase, file: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    if (isFresh(database, file)) database.exec(SCHEMA);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/**
 * Changing the journal needs the file alone for a moment, and SQLite does not wait for that by
 * itself.
 */
function useWriteAheadLog(database: SqliteDatabase, file: string, busyTimeout: number): void {
  const deadline = Date.now() + busyTimeout;
  for (;;) {
    try {
      const mode = pragma(database, 'journal_mode = WAL');
      if (mode === 'wal') return;
      throw schemaError(
        `${file}: this file system has no shared memory, which a write-ahead log needs; use a local disk`,
      );
    } catch (error) {
      if (!/locked|busy/i.test((error as Error).message) || Date.now() >= deadline) throw error;
      pause(1 + Math.random() * 10);
    }
  }
}

/** A read-only file opens like any other: find out now, and not at the first revocation. */
function refuseReadOnly(database: SqliteDatabase): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec('ROLLBACK');
}

function pragma(database: SqliteDatabase, text: string): unknown {
  const row = database.prepare(`PRAGMA ${text}`).get() as Record<string, unknown>;
  const [name = ''] = text.split(' ');
  return row[name];
}

/**
 * Whether a transaction was open. After some errors, such as a full disk, SQLite has ended it
 * already.
 */
export function rollBack(database: SqliteDatabase): boolean {
  try {
    database.exec('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** Holds this thread: the store's calls are synchronous. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function schemaError(message: string): LeastkeyError {
  return new LeastkeyError('store_unavailable', message);
}
