import { LeastkeyError } from '../errors.js';
import { refuseUnknownOptions } from '../options.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';
import type { Entry, Range, Store, Write } from './store.js';

export interface IndexedDbStoreOptions {
  /** The name of the database. Default `leastkey`. All pages of one origin that name it share it. */
  name?: string;
  /** The clock by which expired keys are dropped, in milliseconds. Give it the clock of `createTokens`. */
  now?: () => number;
}

/** A store in a browser's IndexedDB. */
export interface IndexedDbStore extends Store {
  /** Closes the connection. Later calls are refused. */
  close(): void;
}

const VERSION = 1;
const ENTRIES = 'entries';
const EXPIRY = 'expiresAt';

/** How many expired keys one commit drops at most. */
const SWEEP = 64;

interface Row extends Entry {
  /** Absent: never. An index has only the rows that have its member. */
  expiresAt?: number;
}

/**
 * A store in the IndexedDB of a browser, for a portal without a server, a trial, or tests. Each commit is one `readwrite`
 * transaction with `durability: 'strict'`: IndexedDB runs those of all pages one after another, so what it compares is what it
 * replaces. The browser's user can read and change everything in it.
 *
 * @throws {LeastkeyError} `store_unavailable` when the browser refuses the database.
 * @example
 * const store = await indexedDbStore({ name: 'acme-tokens' });
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_dev' });
 */
export async function indexedDbStore(options: IndexedDbStoreOptions = {}): Promise<IndexedDbStore> {
  refuseUnknownOptions(options, ['name', 'now'], 'indexedDbStore');
  const { name = 'leastkey', now = Date.now } = options;
  return new OpenIndexedDbStore(await open(name), now);
}

class OpenIndexedDbStore implements IndexedDbStore {
  readonly #database: IDBDatabase;
  readonly #now: () => number;

  constructor(database: IDBDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
    // A page of a later version waits for this connection to end before it can open its own.
    database.onversionchange = () => database.close();
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    const entries = this.#begin('readonly').objectStore(ENTRIES);
    const rows = await Promise.all(keys.map((key) => answerOf<Row | undefined>(entries.get(key))));
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
    const entries = this.#begin('readonly').objectStore(ENTRIES);
    const rows = await answerOf<Row[]>(entries.getAll(keys, limit));
    return rows.map(({ key, value }) => ({ key, value }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    const asked = writes.map((write) => ({ ...write }));
    const transaction = this.#begin('readwrite');
    const ended = endOf(transaction);
    const entries = transaction.objectStore(ENTRIES);
    let refused = false;
    // Requests of one transaction are answered in their order, so all are read before the first is written.
    const compared = asked.map(async ({ key, expect }) => {
      if (expect === undefined) return true;
      const row = await answerOf<Row | undefined>(entries.get(key));
      return (row?.value ?? null) === expect;
    });
    if (compared.length > 0 && !(await Promise.all(compared)).every(Boolean)) {
      refused = true;
      transaction.abort();
    } else {
      for (const { key, value, expiresAt } of asked) {
        if (value === null) entries.delete(key);
        else if (value !== undefined)
          entries.put({ key, value, ...(expiresAt === undefined ? {} : { expiresAt }) });
      }
      this.#sweep(entries);
    }
    const done = await ended;
    if (refused) return false;
    if (done) return true;
    // The browser gave the transaction back whole: a full disk, or a page that is being closed.
    throw unavailable('the browser did not apply the commit', transaction.error);
  }

  close(): void {
    this.#database.close();
  }

  #sweep(entries: IDBObjectStore): void {
    const due = entries.index(EXPIRY).getAllKeys(IDBKeyRange.upperBound(this.#now()), SWEEP);
    due.onsuccess = () => {
      for (const key of due.result) entries.delete(key);
    };
  }

  #begin(mode: IDBTransactionMode): IDBTransaction {
    try {
      return this.#database.transaction(ENTRIES, mode, { durability: 'strict' });
    } catch (cause) {
      throw unavailable('the connection to the database was closed', cause);
    }
  }
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ENTRIES, { keyPath: 'key' }).createIndex(EXPIRY, EXPIRY);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () =>
      reject(unavailable(`cannot open the database ${JSON.stringify(name)}`, request.error));
  });
}

function answerOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(unavailable('the database cannot be read', request.error));
  });
}

/** Whether a transaction was completed; `false`: it was given back whole. */
function endOf(transaction: IDBTransaction): Promise<boolean> {
  return new Promise((resolve) => {
    transaction.oncomplete = () => resolve(true);
    transaction.onabort = () => resolve(false);
  });
}

const unavailable = (message: string, cause: unknown) =>
  new LeastkeyError('store_unavailable', message, { cause });
