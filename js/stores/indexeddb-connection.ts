import { LeastkeyError } from '../api/errors.js';
import { TimeoutError, withTimeout } from '../runtime/deadline.js';

export const ENTRIES = 'entries';
export const EXPIRY = 'expiresAt';

const VERSION = 1;

/**
 * The connection to a database of IndexedDB. The browser may close it, for example when the user
 * clears the data of the site, and another page may request that. The next call opens it again.
 */
export class Connection {
  readonly #name: string;
  readonly #openTimeout: number;
  #opened: Promise<IDBDatabase> | undefined;
  #closed = false;

  constructor(name: string, openTimeout: number) {
    this.#name = name;
    this.#openTimeout = openTimeout;
  }

  /** @throws {LeastkeyError} `store_unavailable` if the database does not open in time. */
  async open(): Promise<void> {
    await (this.#opened ?? this.#start());
  }

  async begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    for (let attempt = 0; ; attempt++) {
      this.#refuseClosed();
      const opened = this.#opened ?? this.#start();
      const database = await opened;
      this.#refuseClosed();
      try {
        return database.transaction(ENTRIES, mode, { durability: 'strict' });
      } catch (cause) {
        // The browser may have closed it, and not yet said so.
        this.#forget(opened);
        if (attempt > 0) throw indexedDbError('the connection to the database was closed', cause);
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#opened?.then(
      (database) => database.close(),
      () => {},
    );
  }

  #start(): Promise<IDBDatabase> {
    const opened = openDatabase(this.#name, this.#openTimeout);
    const forget = () => this.#forget(opened);
    opened.then((database) => {
      database.onclose = forget;
      // A page that deletes the database, or changes its version, waits for this connection to end.
      database.onversionchange = () => {
        forget();
        database.close();
      };
    }, forget);
    this.#opened = opened;
    return opened;
  }

  #forget(opened: Promise<IDBDatabase>): void {
    if (this.#opened === opened) this.#opened = undefined;
  }

  #refuseClosed(): void {
    if (this.#closed) throw indexedDbError('the store was closed', undefined);
  }
}

/** Opens a database, which is made where there is none. */
async function openDatabase(name: string, timeout: number): Promise<IDBDatabase> {
  const opening = requestDatabase(name);
  let database: IDBDatabase;
  try {
    database = await withTimeout(opening, timeout);
  } catch (cause) {
    if (!(cause instanceof TimeoutError)) throw cause;
    // It may still come, and would then be in the way of whatever this waited for.
    opening.then(
      (late) => late.close(),
      () => {},
    );
    throw indexedDbError(
      `the database ${JSON.stringify(name)} did not open within ${timeout} ms: another page deletes or changes it, and waits for a third one; close the other pages of this site`,
      cause,
    );
  }
  if (isOurs(database)) return database;
  database.close();
  throw indexedDbError(
    `the database ${JSON.stringify(name)} is of another program; give Leastkey a name of its own`,
    undefined,
  );
}

function requestDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => reject(indexedDbError(reasonOf(name, cause), cause));
    try {
      const request = indexedDB.open(name, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(ENTRIES, { keyPath: 'key' }).createIndex(EXPIRY, EXPIRY);
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => refuse(request.error);
    } catch (cause) {
      // A page without an origin, or a runtime without IndexedDB.
      refuse(cause);
    }
  });
}

function reasonOf(name: string, cause: unknown): string {
  if ((cause as Error | null)?.name === 'VersionError')
    return `the database ${JSON.stringify(name)} has a later version than ${VERSION}: it is of another program, or of a newer Leastkey; load the page again, or give Leastkey a name of its own`;
  return `cannot open the database ${JSON.stringify(name)}`;
}

/** Whether a database has what {@link requestDatabase} makes, and nothing else. */
function isOurs(database: IDBDatabase): boolean {
  if (database.objectStoreNames.length !== 1 || !database.objectStoreNames.contains(ENTRIES)) return false;
  const { keyPath, autoIncrement, indexNames } = database.transaction(ENTRIES).objectStore(ENTRIES);
  return keyPath === 'key' && !autoIncrement && indexNames.contains(EXPIRY);
}

export const indexedDbError = (message: string, cause: unknown) =>
  new LeastkeyError('store_unavailable', message, { cause });
