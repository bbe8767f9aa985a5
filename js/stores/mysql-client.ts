/** What is used of `mysql2`, and what the errors of its server mean. */

import { invalidInput } from '../input/options.js';
import { gotUrl } from './optional-driver.js';

/** What is used of a pool of `mysql2/promise`. */
export interface MysqlPoolLike {
  getConnection(): Promise<MysqlConnectionLike>;
}

export interface MysqlConnectionLike {
  query(sql: string, values?: unknown[]): Promise<[unknown, unknown]>;
  release(): void;
  destroy(): void;
}

/** A pool with callbacks, of `mysql2` itself. */
export interface MysqlCallbackPoolLike {
  promise(): MysqlPoolLike;
}

export type MysqlPool = MysqlPoolLike | MysqlCallbackPoolLike;

export function readPool(pool: MysqlPool): MysqlPoolLike {
  const { promise, getConnection } = Object(pool) as Partial<MysqlCallbackPoolLike & MysqlPoolLike>;
  if (typeof getConnection === 'function')
    return typeof promise === 'function' ? promise.call(pool) : (pool as MysqlPoolLike);
  throw invalidInput('pool', `expected a pool of mysql2 (createPool)${gotUrl(pool)}`);
}

/** Error numbers of the server. */
export const DUPLICATE_KEY = 1062;
export const NO_TABLE = 1146;
export const READ_ONLY = 1290;
const LOCK_TIMEOUT = 1205;
const DEADLOCK = 1213;

/** The number of an error that the server answered. */
export function errorNumber(error: unknown): number | undefined {
  const { errno, sqlState } = Object(error) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && typeof sqlState === 'string' ? errno : undefined;
}

/** Whether two transactions waited for each other: nothing was applied, and it can be run again. */
export function isLockFailure(error: unknown): boolean {
  const number = errorNumber(error);
  return number === LOCK_TIMEOUT || number === DEADLOCK;
}

/** Whether the user lacks a right. */
export const isDenied = (number: number | undefined): boolean =>
  number !== undefined && [1044, 1142, 1227, 1370].includes(number);

/** Whether there is no room for a change. */
export const isFull = (number: number | undefined): boolean =>
  number !== undefined && [1021, 1114, 3675].includes(number);

// A byte order mark is a part of a value.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** As bytes, so that no character set of the connection converts them. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');

export const textOf = (bytes: Uint8Array | string): string =>
  typeof bytes === 'string' ? bytes : decoder.decode(bytes);

/** How many lock rows a table has. */
export const LOCKS = 1_024;

/**
 * The lock row of a key that may not exist, where there is no row of its own to lock. Its number is
 * a hash (FNV-1a); keys may share one.
 */
export function lockNumber(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193) >>> 0;
  return hash % LOCKS;
}

/** Before all keys of the contract: a statement locks it before it reads them. */
export const lockKey = (number: number): Buffer => Buffer.from([0, number >> 8, number & 0xff]);

export const isLockKey = (key: Uint8Array | string): boolean => textOf(key).startsWith('\0');
