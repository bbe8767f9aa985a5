import { LeastkeyError } from '../api/errors.js';
import type { Entry, Range, Store, Write } from '../api/store.js';
import { refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';
import { Connection, ENTRIES, EXPIRY, indexedDbError } from './indexeddb-connection.js';

export interface IndexedDbStoreOptions {
  /**
   * The name of the database. Default `leastkey`. All pages of one origin that name it share it.
   */
  name?: string;
  /**
   * How long the database may take to open, in milliseconds. Default 5,000. A deletion by another
   * page can delay it.
   */
  openTimeout?: number;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** A store in a browser's IndexedDB. */
export interface IndexedDbStore extends Store {
  /** Closes the connection. Later calls are refused. */
  close(): void;
}

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

interface Row extends Entry {
  /** Absent: never. An index has only the rows that have its member. */
  expiresAt?: number;
}

/**
 * A store in the IndexedDB of a browser, for a portal without a server, a trial, or tests. Each
 * commit is one `readwrite` transaction with `durability: 'strict'`: IndexedDB runs those of all
 * pages one after another, so what it compares is what it replaces. The browser's user can read and
 * change everything in it.
 *
 * If the browser closes the connection, the next call opens it again. After the user cleared the
 * site's data, the store is empty.
 *
 * @throws {LeastkeyError} `store_unavailable` when the browser refuses the database, does not open
 * it in time, or has one of another program under this name.
 * @example
 * const store = await indexedDbStore({ name: 'acme-tokens' });
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_dev' });
 */
export async function indexedDbStore(options: IndexedDbStoreOptions = {}): Promise<IndexedDbStore> {
  refuseUnknownOptions(options, ['name', 'openTimeout', 'now'], 'indexedDbStore');
  const { name = 'leastkey', openTimeout = 5_000 } = options;
  const now = sweepClock(options.now);
  if (!Number.isInteger(openTimeout) || openTimeout < 1 || openTimeout > 600_000) {
    throw new LeastkeyError('invalid_input', 'openTimeout: expected whole milliseconds from 1 to 600,000', {
      path: 'openTimeout',
    });
  }
  const connection = new Connection(name, openTimeout);
  await connection.open();
  return new OpenIndexedDbStore(connection, now);
}

class OpenIndexedDbStore implements IndexedDbStore {
  readonly #connection: Connection;
  readonly #now: () => number;

  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    const asked = [...keys];
    // One transaction, so that the values are of one moment.
    const entries = await this.#entries('readonly');
    const rows = await Promise.all(asked.map((key) => answerOf<Row | undefined>(entries.get(key))));
    return rows.map((row) => row?.value ?? null);
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    const { prefix, after, limit } = range;
    // Keys are printable ASCII, so 0x7f stands behind every key that begins with the prefix.
    const end = `${prefix}\x7f`;
    if (after !== undefined && after >= end) return [];
    const beyond = after !== undefined && after >= prefix;
    const keys = IDBKeyRange.bound(beyond ? after : prefix, end, beyond, true);
    const entries = await this.#entries('readonly');
    const rows = await answerOf<Row[]>(entries.getAll(keys, limit));
    return rows.map(({ key, value }) => ({ key, value }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    const asked = writes.map((write) => ({ ...write }));
    const transaction = await this.#connection.begin('readwrite');
    const ended = endOf(transaction);
    let applies = false;
    let failure: { cause: unknown } | undefined;
    try {
      const entries = transaction.objectStore(ENTRIES);
      applies = await holds(entries, asked);
      if (applies) this.#write(entries, asked);
    } catch (cause) {
      failure = { cause };
    }
    // Otherwise the browser completes the transaction with what was put before the failure.
    if (!applies || failure !== undefined) abort(transaction);
    const done = await ended;
    if (failure === undefined && !applies) return false;
    if (failure === undefined && done) return true;
    const cause = failure?.cause ?? transaction.error;
    // The browser rolled it back: the storage is full, or the page is closing.
    if (!done) throw indexedDbError(`${reasonOf(cause)}; nothing was changed`, cause);
    throw cause;
  }

  close(): void {
    this.#connection.close();
  }

  async #entries(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await this.#connection.begin(mode)).objectStore(ENTRIES);
  }

  #write(entries: IDBObjectStore, writes: Write[]): void {
    for (const { key, value, expiresAt } of writes) {
      if (value === null) entries.delete(key);
      else if (value !== undefined)
        entries.put({ key, value, ...(expiresAt === undefined ? {} : { expiresAt }) });
    }
    this.#sweep(entries);
  }

  #sweep(entries: IDBObjectStore): void {
    const due = entries.index(EXPIRY).getAllKeys(IDBKeyRange.upperBound(this.#now()), SWEEP);
    due.onsuccess = () => {
      for (const key of due.result) entries.delete(key);
    };
  }
}

/** Whether every expectation holds. All keys are read before the first write. */
async function holds(entries: IDBObjectStore, writes: Write[]): Promise<boolean> {
  const compared = writes.map(async ({ key, expect }) => {
    if (expect === undefined) return true;
    const row = await answerOf<Row | undefined>(entries.get(key));
    return (row?.value ?? null) === expect;
  });
  return (await Promise.all(compared)).every(Boolean);
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended.
  }
}

function reasonOf(cause: unknown): string {
  return (cause as Error | null)?.name === 'QuotaExceededError'
    ? 'the storage that the browser gives this site is full'
    : 'the browser did not apply the commit';
}

function answerOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(indexedDbError('the database cannot be read', request.error));
  });
}

/** Whether a transaction was completed; `false`: it was rolled back. */
function endOf(transaction: IDBTransaction): Promise<boolean> {
  return new Promise((resolve) => {
    transaction.oncomplete = () => resolve(true);
    transaction.onabort = () => resolve(false);
  });
}
