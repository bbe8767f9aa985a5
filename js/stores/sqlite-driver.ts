import { LeastkeyError } from '../api/errors.js';

/** What the store calls of a database of `libsql`, `better-sqlite3` or `node:sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
}

/** A database that the store opened. */
export interface Database extends SqliteDatabase {
  close(): void;
}

export interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

/** Opens a file. */
type Driver = new (path: string) => Database;

let loaded: Driver | undefined;

/** `libsql`, or the SQLite of Node itself (22.13 and later) where `libsql` is not installed. */
export function loadDriver(): Driver {
  loaded ??= requireDriver();
  return loaded;
}

function requireDriver(): Driver {
  let cause: unknown;
  for (const from of places()) {
    try {
      return process.getBuiltinModule('node:module').createRequire(from)('libsql') as Driver;
    } catch (error) {
      cause ??= error;
    }
  }
  const sqlite = process.getBuiltinModule('node:sqlite') as { DatabaseSync: Driver } | undefined;
  if (sqlite !== undefined) return sqlite.DatabaseSync;
  throw new LeastkeyError(
    'store_unavailable',
    'sqliteStore needs the package libsql (npm install libsql), or Node 22.13 or later, which has SQLite built in. libsql is missing, or it was left out of the bundle: copy it beside the bundle, or give sqliteStore an open one: { database }',
    { cause },
  );
}

/**
 * Where `libsql` may be installed: beside this package, or beside the program, where a bundle has
 * been moved. A bundle as CommonJS has no address of its own.
 */
function places(): string[] {
  const [, program] = process.argv;
  return [import.meta.url, program, `${process.cwd()}/`].filter((place) => place !== undefined);
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

/** The codes above by their names, which are all that `better-sqlite3` tells. */
const CODES: ReadonlyMap<unknown, number> = /* @__PURE__ */ new Map([
  ['SQLITE_BUSY', BUSY],
  ['SQLITE_BUSY_RECOVERY', BUSY],
  ['SQLITE_BUSY_SNAPSHOT', BUSY],
  ['SQLITE_BUSY_TIMEOUT', BUSY],
  ['SQLITE_FULL', FULL],
  ['SQLITE_IOERR_WRITE', IOERR_WRITE],
]);

/** The extended result code, which each driver gives in a member of its own. */
function resultCode(error: unknown): number {
  const { rawCode, errcode, code } = error as { rawCode?: unknown; errcode?: unknown; code?: unknown };
  return Number(rawCode ?? errcode ?? CODES.get(code) ?? 0);
}
