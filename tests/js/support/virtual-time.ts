/**
 * Virtual time: it advances only when no work is left, so tests of long waits are fast and
 * deterministic.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { MaybePromise, Store } from 'leastkey';

interface Timer {
  at: number;
  run: () => void;
  request: Request | undefined;
}

/**
 * A request. Once it is cancelled, none of its timers fires and no store answers it, as in workerd.
 */
export class Request {
  isCut = false;
}

export class VirtualTime {
  #now = 0;
  #made = 0;
  readonly #timers = new Map<number, Timer>();
  /** The timers that were set, in order; some have been cleared. */
  readonly #queue: { id: number; at: number }[] = [];
  readonly #requests = new AsyncLocalStorage<Request>();
  #random: number;

  constructor(seed = 1) {
    this.#random = seed;
  }

  /** Milliseconds since its beginning. */
  get now(): number {
    return this.#now;
  }

  /** Runs `work` in virtual time to its end. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { setTimeout, clearTimeout, setImmediate } = globalThis;
    const { now } = performance;
    const { random } = Math;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, milliseconds = 0) => this.#set(run, milliseconds),
      clearTimeout: (id: number | undefined) => this.#timers.delete(id ?? 0),
    });
    performance.now = () => this.#now;
    Math.random = () => this.#next();
    try {
      let isOver = false;
      const answer = work().finally(() => {
        isOver = true;
      });
      answer.catch(() => {});
      for (;;) {
        // All work that does not wait for time runs first.
        await new Promise((resolve) => setImmediate(resolve));
        if (isOver) return await answer;
        this.#fire();
      }
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      performance.now = now;
      Math.random = random;
    }
  }

  /** Waits in virtual time. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#set(resolve, milliseconds);
    });
  }

  /** Runs `work` as part of a request. */
  as<T>(request: Request, work: () => T): T {
    return this.#requests.run(request, work);
  }

  /** A store whose calls take this long, half of it before the call and half after. */
  slow(store: Store, milliseconds: number): Store {
    const call = async <T>(work: () => MaybePromise<T>): Promise<T> => {
      await this.pause(milliseconds / 2);
      const answer = await work();
      await this.pause(milliseconds / 2);
      return answer;
    };
    return {
      get: (keys) => call(() => store.get(keys)),
      list: (range) => call(() => store.list(range)),
      commit: (writes) => call(() => store.commit(writes)),
    };
  }

  #set(run: () => void, milliseconds: number): number {
    const id = ++this.#made;
    const at = this.#now + Math.max(milliseconds, 0);
    const timer = { at, run, request: this.#requests.getStore() };
    this.#timers.set(id, timer);
    this.#queue.splice(placeAfter(this.#queue, at), 0, { id, at });
    return id;
  }

  /** Advances to the next instant at which a timer is due. */
  #fire(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const timer = this.#timers.get(next.id);
      this.#timers.delete(next.id);
      if (timer === undefined) continue;
      this.#now = Math.max(this.#now, timer.at);
      if (timer.request?.isCut !== true) timer.run();
      return;
    }
    throw new Error('the time stands still: nothing is left that could go on');
  }

  /** A number from 0 to 1, by the seed (xorshift32). */
  #next(): number {
    let x = this.#random | 0;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) / 2 ** 32;
  }
}

/** The position of a timer in the queue: after all timers that are due no later. */
function placeAfter(queue: readonly { at: number }[], at: number): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((queue[middle] as { at: number }).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
