/**
 * A time that moves only when nothing is left to do in it: what takes seconds takes none, and takes
 * the same each time.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { MaybePromise, Store } from 'leastkey';

interface Timer {
  at: number;
  run: () => void;
  request: Request | undefined;
}

/**
 * What a client has asked for. Once it is cut off, no timer of it fires and no store answers it, as
 * in workerd.
 */
export class Request {
  isCut = false;
}

export class VirtualTime {
  #now = 0;
  #made = 0;
  readonly #timers = new Map<number, Timer>();
  /** Those that were set, in their order; some of them have been cleared. */
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

  /** Runs `work` in this time, to its end. */
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
        // Everything that can go on without the time goes on first.
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

  /** Waits in this time. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#set(resolve, milliseconds);
    });
  }

  /** Runs `work` as part of a request. */
  as<T>(request: Request, work: () => T): T {
    return this.#requests.run(request, work);
  }

  /** A store each of whose calls takes so long, half of it there and half of it back. */
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

  /** Goes on to the next instant at which something is due. */
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

/** Where something that is due at an instant stands: after all that are due no later. */
function placeAfter(queue: readonly { at: number }[], at: number): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((queue[middle] as { at: number }).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
