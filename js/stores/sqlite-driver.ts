import { createRequire } from 'node:module';
import { LeastkeyError } from '../errors.js';

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

type Opener = new (path: string) => Database;

const require = createRequire(import.meta.url);

let loaded: Opener | undefined;

/** Opens a file with `libsql`, or with the SQLite of Node itself (22.13 and later) where `libsql` is not installed. */
export function openDatabase(file: string): Database {
  loaded ??= loadDriver();
  try {
    return new loaded(file);
  } catch (error) {
    throw new LeastkeyError('store_unavailable', `cannot open ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function loadDriver(): Opener {
  try {
    return require('libsql') as Opener;
  } catch (libsqlError) {
    try {
      return (require('node:sqlite') as { DatabaseSync: Opener }).DatabaseSync;
    } catch {
      throw new LeastkeyError(
        'store_unavailable',
        'sqliteStore needs the package libsql (npm install libsql), or Node 22.13 or later, which has SQLite built in',
        { cause: libsqlError },
      );
    }
  }
}
