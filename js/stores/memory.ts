import type { Entry, Range, SyncStore, Write } from '../api/store.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';

export interface MemoryStoreOptions {
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/**
 * A store in the memory of this process, for tests and trials. Its content is lost when the process
 * ends.
 *
 * @example
 * const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
 */
export function memoryStore({ now }: MemoryStoreOptions = {}): SyncStore {
  return new MemoryStore(sweepClock(now));
}

class MemoryStore implements SyncStore {
  readonly #now: () => number;
  readonly #values = new Map<string, { value: string; expiresAt?: number }>();
  /**
   * The keys of `#values`, ascending. They are ASCII: the order of their characters is the order of
   * their bytes.
   */
  readonly #keys: string[] = [];
  /** Expiries, soonest first. An entry whose key was written since is stale, and skipped. */
  readonly #expiring: { key: string; expiresAt: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get(keys: string[]): (string | null)[] {
    checkKeys(keys);
    return keys.map((key) => this.#read(key));
  }

  list(range: Range): Entry[] {
    checkRange(range);
    const { prefix, after, limit } = range;
    const entries: Entry[] = [];
    let at = firstAt(this.#keys, (key) => key >= prefix && (after === undefined || key > after));
    for (
      let key = this.#keys[at];
      key?.startsWith(prefix) && entries.length < limit;
      key = this.#keys[++at]
    ) {
      entries.push({ key, value: this.#read(key) as string });
    }
    return entries;
  }

  commit(writes: Write[]): boolean {
    checkWrites(writes);
    if (!writes.every(({ key, expect }) => expect === undefined || expect === this.#read(key))) return false;
    for (const { key, value, expiresAt } of writes) {
      if (value === null) this.#delete(key);
      else if (value !== undefined) this.#put(key, value, expiresAt);
    }
    this.#sweep();
    return true;
  }

  #read(key: string): string | null {
    return this.#values.get(key)?.value ?? null;
  }

  #put(key: string, value: string, expiresAt?: number): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#position(key), 0, key);
    this.#values.set(key, expiresAt === undefined ? { value } : { value, expiresAt });
    if (expiresAt === undefined) return;
    const at = firstAt(this.#expiring, (entry) => entry.expiresAt > expiresAt);
    this.#expiring.splice(at, 0, { key, expiresAt });
  }

  #delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  #sweep(): void {
    const now = this.#now();
    const due = this.#expiring.slice(0, SWEEP).filter(({ expiresAt }) => expiresAt <= now);
    this.#expiring.splice(0, due.length);
    for (const { key, expiresAt } of due) {
      if (this.#values.get(key)?.expiresAt === expiresAt) this.#delete(key);
    }
  }

  /** The index of a key, or where to insert it. */
  #position(key: string): number {
    return firstAt(this.#keys, (other) => other >= key);
  }
}

/** The index of the first item that passes, by bisection: once one passes, all later ones must. */
function firstAt<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
