/** The storage contract: an ordered map from string keys to string values, in three calls. */

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** A range of keys in ascending byte order. */
export interface Range {
  /** The prefix of all keys of the range. */
  prefix: string;
  /** A whole key: the range begins after it. */
  after?: string;
  /** The most entries to return, from 1 to 1,000. */
  limit: number;
}

export interface Entry {
  key: string;
  value: string;
}

/** The part of a commit for one key: the expected value before, and the value after. */
export interface Write {
  key: string;
  /** The exact expected value; `null`: the key must not exist; absent: any. */
  expect?: string | null;
  /** The value to write; `null` deletes the key; absent: only `expect` is checked. */
  value?: string | null;
  /** Milliseconds since the epoch. The store may delete the key from then on, never earlier. */
  expiresAt?: number;
}

/**
 * The storage contract. Keys are printable ASCII of 1 to 512 bytes; values are JSON text.
 *
 * - Reads are linearizable with commits: a read that starts after a commit was answered sees it. A
 *   replica or a cache in front of the database cannot promise that.
 * - A commit is applied whole or not at all.
 * - The values of one `get` of at most 128 keys are of one moment: a commit beside it shows whole
 *   in them, or not at all.
 * - A commit that throws, rejects or does not answer in time has an unknown outcome, and Leastkey
 *   finds out by reading. A store that knows that nothing was applied may say so with a
 *   `LeastkeyError` of the code `store_unavailable`.
 *
 * @example
 * const store = {
 *   get: (keys) => Promise.all(keys.map((key) => database.read(key))),
 *   list: ({ prefix, after, limit }) => database.scan(prefix, after, limit),
 *   commit: (writes) => database.transaction(writes),
 * };
 */
export interface Store {
  /** The value of each key, in the order of `keys`; `null` for a missing key. */
  get(keys: string[]): MaybePromise<(string | null)[]>;
  /** The entries of a range in ascending byte order of their keys. */
  list(range: Range): MaybePromise<Entry[]>;
  /** Applies all writes (1 to 32, distinct keys) or none. `false`: an `expect` did not match. */
  commit(writes: Write[]): MaybePromise<boolean>;
}

/** The part of a {@link Store} that verification needs. */
export type ReadStore = Pick<Store, 'get'>;

/** A {@link Store} that answers synchronously. */
export interface SyncStore extends Store {
  get(keys: string[]): (string | null)[];
  list(range: Range): Entry[];
  commit(writes: Write[]): boolean;
}

/** A {@link Store} in a database that several processes share. */
export interface DatabaseStore extends Store {
  get(keys: string[]): Promise<(string | null)[]>;
  list(range: Range): Promise<Entry[]>;
  commit(writes: Write[]): Promise<boolean>;
  /**
   * Creates in the database what the store needs, or brings it up to this version. It may run
   * twice, and in several processes at once.
   */
  migrate(): Promise<void>;
  /**
   * Reads the settings and rights of the database, as the first call does, and refuses one that
   * would break the storage contract. It changes nothing.
   *
   * @returns advice on what may stop the store later
   */
  check(): Promise<string[]>;
}

/** A store that pushes: it tells when tokens may have changed. */
export interface WatchableStore extends Store {
  /**
   * Calls the listener after commits that changed an existing token or account, and when it has
   * listened again after a lost connection. It promises nothing: a push may be lost, late, or come
   * without a change. Give it to `invalidate` of a verifier, which then honours a change sooner
   * than the freshness window asks for.
   *
   * @returns a function that ends it
   * @throws the error of the database, if listening cannot begin
   *
   * @example
   * const stop = await store.watch(() => verifier.invalidate());
   * // … and when the program ends:
   * await stop();
   */
  watch(listener: () => void): Promise<() => Promise<void>>;
}
