import type { Store } from './stores/store.js';
import { type Deadline, within } from './time-limit.js';

/** For each store of this process, the end of the queue at each hot key. */
const queues = new WeakMap<object, Map<string, Promise<void>>>();

/** The place of one call in the queues of a store: in none, or in one. */
export class Place {
  readonly #store: Pick<Store, 'get'>;
  #taken: { key: string; leave: () => void } | undefined;

  constructor(store: Pick<Store, 'get'>) {
    this.#store = store;
  }

  /**
   * Waits for the turn at a key, and keeps it until another is taken or this one is left.
   *
   * @throws {TimeLimitError} when the turn does not come in time, the signal's reason on an abort.
   */
  async take(key: string, deadline: Deadline): Promise<void> {
    if (this.#taken?.key === key) return;
    this.leave();
    this.#taken = { key, leave: await enterQueue(this.#store, key, deadline) };
  }

  leave(): void {
    this.#taken?.leave();
    this.#taken = undefined;
  }
}

/**
 * Waits until every earlier caller at this key has left, and returns how to leave. Queues belong to the store object:
 * all that write to it through this process wait in one line, and do not lose commits to each other.
 */
async function enterQueue(store: object, key: string, deadline: Deadline): Promise<() => void> {
  const tails = tailsOf(store);
  const before = tails.get(key);
  const { left, leave } = turn();
  const tail = before === undefined ? left : before.then(() => left);
  tails.set(key, tail);
  void tail.then(() => {
    if (tails.get(key) === tail) tails.delete(key);
  });
  try {
    if (before !== undefined) await within(before, deadline.left, deadline.signal);
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}

function tailsOf(store: object): Map<string, Promise<void>> {
  let tails = queues.get(store);
  if (tails === undefined) {
    tails = new Map();
    queues.set(store, tails);
  }
  return tails;
}

function turn(): { left: Promise<void>; leave: () => void } {
  let leave!: () => void;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { left, leave };
}
