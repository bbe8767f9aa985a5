/** One check of the kit, and what it works with. */

import type { MaybePromise, Range, Store, Write } from '../api/store.js';
import { BrokenPromise } from './broken-promise.js';
import type { Call } from './call.js';
import { History } from './history.js';
import type { PromiseId } from './promises.js';
import type { Random } from './random.js';
import type { StoreUnderTest } from './store-under-test.js';

/** What a check needs of a {@link StoreUnderTest} besides the store. */
export type Need = 'kill' | 'link';

export interface Check {
  /** What is checked, as a sentence. */
  title: string;
  /** The promise that is broken if a call throws where it may not. Default: `calls`. */
  throwing?: PromiseId;
  needs?: Need;
  run(context: Context): Promise<void>;
}

/** A store in a check: its calls are recorded, and what they answer is compared. */
export class Context {
  readonly history: History;
  readonly store: Store;
  readonly other: Store;

  constructor(
    readonly opened: StoreUnderTest,
    readonly random: Random,
    /** How many rounds the races have, as a factor. */
    readonly effort: number,
    limit: number,
  ) {
    this.history = new History(limit);
    this.store = this.client('a', opened.store);
    this.other = this.client('b', opened.other ?? opened.store);
  }

  /** A recorded client of a connection. */
  client(name: string, store: Store): Store {
    return this.history.record(store, name);
  }

  /** The two connections in turn. */
  connection(index: number): Store {
    return index % 2 === 0 || this.opened.other === undefined ? this.opened.store : this.opened.other;
  }

  async get(keys: string[], expected: (string | null)[], promise: PromiseId, what: string): Promise<void> {
    this.same(await this.store.get(keys), expected, promise, what);
  }

  async list(range: Range, expected: string[], promise: PromiseId, what: string): Promise<void> {
    this.same(
      (await this.store.list(range)).map(({ key }) => key),
      expected,
      promise,
      what,
    );
  }

  async commit(writes: Write[], expected: boolean, promise: PromiseId, what: string): Promise<void> {
    let answer: boolean;
    try {
      answer = await this.store.commit(writes);
    } catch (failure) {
      if (expected || failure instanceof BrokenPromise) throw failure;
      throw new BrokenPromise(
        'true-answers',
        `${what}: a commit whose expectation does not hold must answer false, not throw`,
        this.last(1),
      );
    }
    this.same(answer, expected, promise, what);
  }

  /** Puts entries, 32 a commit. */
  async put(entries: Readonly<Record<string, string>>): Promise<void> {
    const writes = Object.entries(entries).map(([key, value]) => ({ key, value }));
    for (let at = 0; at < writes.length; at += 32)
      await this.commit(writes.slice(at, at + 32), true, 'calls', 'a commit without an expectation');
  }

  /** @throws BrokenPromise with the last calls, if two JSON values differ */
  same(actual: unknown, expected: unknown, promise: PromiseId, what: string): void {
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
    throw new BrokenPromise(
      promise,
      `${what}: expected ${shown(expected)}, got ${shown(actual)}`,
      this.last(3),
    );
  }

  last(count: number): Call[] {
    return this.history.calls.slice(-count);
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 160)}… (${text.length} characters)` : text;
}

/** Waits, in milliseconds. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether a call rejects, and with what. */
export async function outcome<T>(call: () => MaybePromise<T>): Promise<{ answer: T } | { failure: unknown }> {
  try {
    return { answer: await call() };
  } catch (failure) {
    if (failure instanceof BrokenPromise) throw failure;
    return { failure };
  }
}
