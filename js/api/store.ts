/** What a host provides: an ordered map from string keys to string values, in three calls. */

/** An answer, now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** A run of keys in ascending byte order. */
export interface Range {
  /** The start of every key of the run. */
  prefix: string;
  /** A whole key, itself not in the run: only keys after it are. */
  after?: string;
  /** The most entries to answer, from 1 to 1,000. */
  limit: number;
}

export interface Entry {
  key: string;
  value: string;
}

/** One key's part of a commit: what must hold before, and what holds after. */
export interface Write {
  key: string;
  /** The exact value that must be there; `null`: the key must not exist; absent: whatever. */
  expect?: string | null;
  /** The value to put; `null` deletes the key; absent: the key is only looked at. */
  value?: string | null;
  /**
   * Milliseconds since the epoch. From then on the store may drop the key; it may linger, it never
   * goes early.
   */
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
  /** The value of each key, in the order asked, `null` where there is none. */
  get(keys: string[]): MaybePromise<(string | null)[]>;
  /** The entries of a range in ascending byte order of their keys. */
  list(range: Range): MaybePromise<Entry[]>;
  /**
   * Applies all writes (1 to 32, distinct keys) or none. `false`: some `expect` did not hold,
   * nothing was applied.
   */
  commit(writes: Write[]): MaybePromise<boolean>;
}

/** The part of a {@link Store} that a verification needs. */
export type ReadStore = Pick<Store, 'get'>;

/** A {@link Store} that answers at once. */
export interface SyncStore extends Store {
  get(keys: string[]): (string | null)[];
  list(range: Range): Entry[];
  commit(writes: Write[]): boolean;
}
