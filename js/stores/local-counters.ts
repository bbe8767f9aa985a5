import type { Entry, MaybePromise, Range, Store, Write } from '../api/store.js';

/** The prefix of the counters of limited tokens (docs/storage.md). */
const COUNTERS = 'limit/';

/** The most counters in memory. */
const MAX_COUNTERS = 10_000;

/**
 * A store for verifications whose counters of limits are kept here, in this instance's memory, and
 * everything else in `store`. A counter starts with the value that the store holds when it is first
 * used here. With N isolates a token can be used up to N times as often as its limits say. Of more
 * than 10,000 limited tokens, the least recently used one is evicted and starts with the store's
 * value again.
 */
export function withLocalCounters(store: Store): Store {
  return new LocalCounters(store);
}

class LocalCounters implements Store {
  readonly #store: Store;
  /** The least recently written first. */
  readonly #counters = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  get(keys: string[]): MaybePromise<(string | null)[]> {
    const stored = keys.filter((key) => !this.#counters.has(key));
    if (stored.length === keys.length) return this.#store.get(keys);
    const answer = stored.length === 0 ? [] : this.#store.get(stored);
    return Array.isArray(answer)
      ? this.#withCounters(keys, stored, answer)
      : Promise.resolve(answer).then((values) => this.#withCounters(keys, stored, values));
  }

  #withCounters(keys: readonly string[], stored: readonly string[], answer: (string | null)[]) {
    // The reader of the whole answer reports a store that breaks the contract.
    if (answer.length !== stored.length) return answer;
    const values = answer.values();
    return keys.map((key) => this.#counters.get(key) ?? (values.next().value as string | null));
  }

  list(range: Range): Entry[] | Promise<Entry[]> {
    return this.#store.list(range);
  }

  /**
   * The writes of a verification: counters. The check that the record is unchanged is not needed
   * here.
   */
  commit(writes: Write[]): boolean {
    const counters = writes.filter(({ key }) => key.startsWith(COUNTERS));
    // A counter that is not in memory yet was read from the store, and no use here has changed it.
    const isAsRead = ({ key, expect }: Write) =>
      expect === undefined || !this.#counters.has(key) || expect === this.#counters.get(key);
    if (!counters.every(isAsRead)) return false;
    for (const { key, value } of counters) this.#put(key, value);
    return true;
  }

  #put(key: string, value: string | null | undefined): void {
    if (value === undefined) return;
    this.#counters.delete(key);
    if (value === null) return;
    this.#counters.set(key, value);
    const [oldest] = this.#counters.keys();
    if (this.#counters.size > MAX_COUNTERS && oldest !== undefined) this.#counters.delete(oldest);
  }
}
