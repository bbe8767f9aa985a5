import { createRequire } from 'node:module';
import { LeastkeyError } from '../api/errors.js';

/** What `libsql` and `node:sqlite` have in common. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

/** Opens a file. */
type Driver = new (path: string) => Database;

const require = createRequire(import.meta.url);

let loaded: Driver | undefined;

/** `libsql`, or the SQLite of Node itself (22.13 and later) where `libsql` is not installed. */
export function loadDriver(): Driver {
  loaded ??= requireDriver();
  return loaded;
}

function requireDriver(): Driver {
  try {
    return require('libsql') as Driver;
  } catch (libsqlError) {
    try {
      return (require('node:sqlite') as { DatabaseSync: Driver }).DatabaseSync;
    } catch {
      throw new LeastkeyError(
        'store_unavailable',
        'sqliteStore needs the package libsql (npm install libsql), or Node 22.13 or later, which has SQLite built in',
        { cause: libsqlError },
      );
    }
  }
}

/** Result codes of SQLite. */
const BUSY = 5;
const FULL = 13;
const IOERR_WRITE = 778;

/** Whether another connection holds the lock that was needed. */
export const isBusy = (error: unknown): boolean => (resultCode(error) & 0xff) === BUSY;

/**
 * Whether a write was cut short. A COMMIT that fails so leaves no complete commit record in the
 * write-ahead log, so its changes are never applied. After a failed sync that is unknown.
 */
export const isIncompleteWrite = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === FULL || code === IOERR_WRITE;
};

/** The extended result code: `libsql` and `node:sqlite` name the member differently. */
function resultCode(error: unknown): number {
  const { rawCode, errcode } = error as { rawCode?: unknown; errcode?: unknown };
  return Number(rawCode ?? errcode ?? 0);
}
