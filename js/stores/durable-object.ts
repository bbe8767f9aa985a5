import { LeastkeyError } from '../api/errors.js';
import type { Entry, MaybePromise, Range, Store, SyncStore, Write } from '../api/store.js';
import { refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkSizes, checkWrites, rangeBounds } from './checks.js';
import { carrying, restored } from './remote-error.js';

/** The members of `ctx.storage` of a SQLite Durable Object that are used. */
export interface DurableObjectStorageLike {
  sql: { exec(sql: string, ...values: unknown[]): { toArray(): unknown[] } };
  transactionSync<T>(work: () => T): T;
}

/** The members of a Durable Object binding that are used. */
export interface DurableObjectNamespaceLike {
  idFromName(name: string): unknown;
  // The platform's own types of ids and stubs are not known here.
  // biome-ignore lint/suspicious/noExplicitAny: what a binding takes depends on its own types.
  get(id: any): any;
}

export interface DurableObjectStoreOptions {
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/** The longest row and the longest parameter of a Durable Object's SQLite, in bytes. */
const MAX_ROW_BYTES = 2_000_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS leastkey_entries (
    key TEXT NOT NULL PRIMARY KEY COLLATE BINARY, value TEXT NOT NULL, expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS leastkey_entries_expiring ON leastkey_entries (expires_at) WHERE expires_at IS NOT NULL;
`;

/**
 * A store in the SQLite of one Durable Object. Create it inside of the object; {@link remoteStore}
 * reaches it from any worker. One object runs its commits one by one: use one object per
 * organization if one is not enough.
 *
 * @throws {LeastkeyError} `invalid_input` for a storage without SQLite.
 *
 * @example
 * import { DurableObject } from 'cloudflare:workers';
 *
 * export class TokenStore extends DurableObject {
 *   #store = durableObjectStore(this.ctx.storage);
 *   get(keys) { return this.#store.get(keys); }
 *   list(range) { return this.#store.list(range); }
 *   commit(writes) { return this.#store.commit(writes); }
 * }
 */
export function durableObjectStore(
  storage: DurableObjectStorageLike,
  options: DurableObjectStoreOptions = {},
): SyncStore {
  refuseUnknownOptions(options, ['now'], 'durableObjectStore');
  if (typeof storage?.sql?.exec !== 'function' || typeof storage.transactionSync !== 'function') {
    throw new LeastkeyError(
      'invalid_input',
      'storage: expected the ctx.storage of a Durable Object with SQLite (new_sqlite_classes in its migration)',
      { path: 'storage' },
    );
  }
  return new DurableObjectStore(storage, sweepClock(options.now));
}

/**
 * The store in a Durable Object whose methods are `get`, `list` and `commit` of a {@link
 * durableObjectStore}. Every call gets a new stub, because a stub is broken after a failed call.
 * Errors of the store in the object keep their class and code.
 *
 * @example
 * const tokens = await createTokens({ catalog, store: remoteStore(env.TOKENS, 'all'), prefix:
 * 'acme_live' });
 */
export function remoteStore(namespace: DurableObjectNamespaceLike, name: string): Store {
  if (typeof namespace?.idFromName !== 'function' || typeof namespace.get !== 'function') {
    throw new LeastkeyError(
      'invalid_input',
      'namespace: expected the binding of a Durable Object, such as env.TOKENS',
      { path: 'namespace' },
    );
  }
  const call = async <T>(work: (object: Store) => MaybePromise<T>): Promise<T> => {
    try {
      return await work(namespace.get(namespace.idFromName(name)));
    } catch (error) {
      throw restored(error);
    }
  };
  // Checked here too, so that the error keeps all its details.
  return {
    async get(keys) {
      checkKeys(keys);
      return call((object) => object.get(keys));
    },
    async list(range) {
      checkRange(range);
      return call((object) => object.list(range));
    },
    async commit(writes) {
      checkWrites(writes);
      checkSizes(writes, MAX_ROW_BYTES, 'a Durable Object');
      return call((object) => object.commit(writes));
    },
  };
}

class DurableObjectStore implements SyncStore {
  readonly #storage: DurableObjectStorageLike;
  readonly #now: () => number;

  constructor(storage: DurableObjectStorageLike, now: () => number) {
    this.#storage = storage;
    this.#now = now;
    storage.sql.exec(SCHEMA);
  }

  get(keys: string[]): (string | null)[] {
    checkKeys(keys);
    const rows = this.#rows<Entry>(
      'SELECT key, value FROM leastkey_entries WHERE key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    );
    const values = new Map(rows.map(({ key, value }) => [key, value]));
    return keys.map((key) => values.get(key) ?? null);
  }

  list(range: Range): Entry[] {
    checkRange(range);
    return this.#rows<Entry>(
      'SELECT key, value FROM leastkey_entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
      ...rangeBounds(range),
      range.limit,
    ).map(({ key, value }) => ({ key, value }));
  }

  commit(writes: Write[]): boolean {
    checkWrites(writes);
    checkSizes(writes, MAX_ROW_BYTES, 'a Durable Object');
    let failure: { cause: unknown } | undefined;
    try {
      return this.#storage.transactionSync(() => {
        try {
          return this.#change(writes);
        } catch (cause) {
          failure = { cause };
          throw cause;
        }
      });
    } catch (error) {
      if (failure === undefined) throw error;
      // It failed before the end of its transaction, so nothing was applied.
      throw carrying('store_unavailable', 'the object could not be written; nothing was changed', failure);
    }
  }

  #change(writes: Write[]): boolean {
    const before = this.get(writes.map(({ key }) => key));
    if (!writes.every(({ expect }, index) => expect === undefined || expect === before[index])) return false;
    for (const { key, value, expiresAt } of writes) {
      if (value === null) this.#rows('DELETE FROM leastkey_entries WHERE key = ?', key);
      else if (value !== undefined) this.#put(key, value, expiresAt);
    }
    this.#rows(
      `DELETE FROM leastkey_entries WHERE key IN
       (SELECT key FROM leastkey_entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP})`,
      this.#now(),
    );
    return true;
  }

  #put(key: string, value: string, expiresAt: number | undefined): void {
    this.#rows(
      `INSERT INTO leastkey_entries (key, value, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
      key,
      value,
      expiresAt ?? null,
    );
  }

  #rows<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#storage.sql.exec(sql, ...values).toArray() as Row[];
  }
}
