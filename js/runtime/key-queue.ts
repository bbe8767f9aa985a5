/** Per-key locks of this process: one call at a time works on a key that many calls write. */

import { type Deadline, TimeoutError, withTimeout } from './deadline.js';

/** How long a waiting call sleeps at most before it checks whether the holder is still alive. */
const MAX_POLL = 250;

/** A waiting call that has not polled for this long was cut off, or will queue again. */
const ABANDONED_AFTER = 4 * MAX_POLL;

/** A call at one key: it waits for the lock or holds it. */
interface Ticket {
  readonly urgent: boolean;
  /** The number of the call, ascending in the order of their starts. */
  readonly began: number;
  /** When its lease ends, if it holds the lock. Every step of the call extends it. */
  heldUntil: number;
  /** When it polled last, while it waits. */
  polledAt: number;
  /** Whether the holder is pausing: a call that is ahead of it may take the lock. */
  isYielding: boolean;
  /** Wakes the waiting call, so that it polls. */
  wake: () => void;
}

/**
 * The queue at one key: urgent calls first, then in the order of their starts.
 *
 * No call relies on another's `finally`: in some runtimes a request that was cut off never runs
 * again, and its promises never settle. The lock is a lease that ends by itself, and waiting calls
 * find that out with timers of their own.
 */
class KeyQueue {
  #holder: Ticket | undefined;
  /** In queue order. */
  readonly #waiting: Ticket[] = [];

  get holder(): Ticket | undefined {
    return this.#holder;
  }

  get isIdle(): boolean {
    return this.#holder === undefined && this.#waiting.length === 0;
  }

  /** Whether this call holds the lock. An expired lease passes to the first call in the queue. */
  tryHold(ticket: Ticket): boolean {
    const holder = this.#holder;
    if (holder === ticket) return true;
    ticket.polledAt = performance.now();
    if (holder !== undefined && ticket.polledAt < holder.heldUntil) {
      if (!(holder.isYielding && isBefore(ticket, holder))) return false;
      this.enter(holder);
    }
    this.#holder = undefined;
    this.#callNext();
    return this.#holder === ticket;
  }

  /** How long a waiting call may sleep until it polls again. */
  get pollAfter(): number {
    const left = (this.#holder?.heldUntil ?? 0) - performance.now();
    return Math.min(Math.max(left, 1), MAX_POLL);
  }

  /** The holder pauses: a waiting call that is ahead of it gets the lock meanwhile. */
  yieldTurn(ticket: Ticket): void {
    ticket.isYielding = true;
    const [first] = this.#waiting;
    if (this.#holder !== ticket || first === undefined || !isBefore(first, ticket)) return;
    this.enter(ticket);
    this.#holder = undefined;
    this.#callNext();
  }

  enter(ticket: Ticket): void {
    ticket.polledAt = performance.now();
    const after = this.#waiting.findIndex((other) => isBefore(ticket, other));
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, ticket);
  }

  includes(ticket: Ticket): boolean {
    return this.#holder === ticket || this.#waiting.includes(ticket);
  }

  leave(ticket: Ticket): void {
    const at = this.#waiting.indexOf(ticket);
    if (at !== -1) this.#waiting.splice(at, 1);
    if (this.#holder !== ticket) return;
    this.#holder = undefined;
    this.#callNext();
  }

  /** Gives the lock to the first live call. If that does not poll in time, its lease expires. */
  #callNext(): void {
    const now = performance.now();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const isThere = now - next.polledAt < ABANDONED_AFTER;
      if (isThere) {
        next.heldUntil = now + MAX_POLL;
        this.#holder = next;
      }
      next.wake();
      if (isThere) return;
    }
  }
}

function isBefore(one: Ticket, other: Ticket): boolean {
  return one.urgent === other.urgent ? one.began < other.began : one.urgent;
}

/** For each store of this process, its queues by key. */
const queues = new WeakMap<object, Map<string, KeyQueue>>();

let calls = 0;

interface AcquireOptions {
  /** Goes ahead of calls that are not urgent. */
  urgent?: boolean;
  /** Whether the lock is no longer needed, which ends the wait. */
  settled?: () => boolean;
}

const never = () => false;

/** The locks of one call on a store, by key. */
export class KeyLocks {
  readonly #store: object;
  readonly #deadline: Deadline;
  /** How long a lease lasts unless extended: as long as one call of the store may take. */
  readonly #lease: number;
  readonly #began = calls++;
  readonly #tickets = new Map<string, Ticket>();

  constructor(store: object, deadline: Deadline, lease = deadline.total / 2) {
    this.#store = store;
    this.#deadline = deadline;
    this.#lease = lease;
  }

  /**
   * Acquires the lock of a key, and returns whether it had to wait. It holds until it is released,
   * or until its lease expires.
   *
   * @throws {TimeoutError} when the lock does not come in time; the signal's reason on an abort.
   */
  async acquire(key: string, { urgent = false, settled = never }: AcquireOptions = {}): Promise<boolean> {
    const known = this.#tickets.get(key);
    const ticket = known ?? {
      urgent,
      began: this.#began,
      heldUntil: 0,
      polledAt: 0,
      isYielding: false,
      wake: () => {},
    };
    this.#tickets.set(key, ticket);
    try {
      const waited = await this.#wait(key, ticket, settled);
      ticket.isYielding = false;
      this.#extend(ticket);
      return waited;
    } catch (end) {
      this.release(key);
      throw end;
    }
  }

  /** Wakes the call if it waits at a key. */
  wake(key: string): void {
    this.#tickets.get(key)?.wake();
  }

  /** Transfers the locks to a call with another deadline. */
  transferTo(deadline: Deadline): KeyLocks {
    const other = new KeyLocks(this.#store, deadline);
    for (const [key, ticket] of this.#tickets) other.#tickets.set(key, ticket);
    this.#tickets.clear();
    other.extend();
    return other;
  }

  /** Whether this call still holds the lock of a key. */
  holds(key: string): boolean {
    const ticket = this.#tickets.get(key);
    return ticket !== undefined && this.#queueAt(key).holder === ticket;
  }

  /** Extends the leases of all locks. */
  extend(): void {
    for (const ticket of this.#tickets.values()) this.#extend(ticket);
  }

  /** Pauses until the locks are acquired again: calls that are ahead may hold them meanwhile. */
  yieldTurns(): void {
    for (const [key, ticket] of this.#tickets) this.#queueAt(key).yieldTurn(ticket);
  }

  release(key: string): void {
    const ticket = this.#tickets.get(key);
    if (ticket === undefined) return;
    this.#tickets.delete(key);
    const queue = this.#queueAt(key);
    queue.leave(ticket);
    if (queue.isIdle) queuesOf(this.#store).delete(key);
  }

  releaseAll(): void {
    for (const key of [...this.#tickets.keys()]) this.release(key);
  }

  async #wait(key: string, ticket: Ticket, settled: () => boolean): Promise<boolean> {
    for (let waited = false; ; waited = true) {
      const queue = this.#queueAt(key);
      // A call that polled too late queues again, at its old position.
      if (!queue.includes(ticket)) queue.enter(ticket);
      if (settled() || queue.tryHold(ticket)) return waited;
      this.#deadline.throwIfPassed();
      const woken = new Promise<void>((resolve) => {
        ticket.wake = resolve;
      });
      try {
        await withTimeout(woken, Math.min(this.#deadline.left, queue.pollAfter), this.#deadline.signal);
      } catch (end) {
        if (!(end instanceof TimeoutError)) throw end;
      }
    }
  }

  #extend(ticket: Ticket): void {
    ticket.heldUntil = performance.now() + Math.min(this.#deadline.left, this.#lease);
  }

  #queueAt(key: string): KeyQueue {
    const known = queuesOf(this.#store);
    let queue = known.get(key);
    if (queue === undefined) {
      queue = new KeyQueue();
      known.set(key, queue);
    }
    return queue;
  }
}

function queuesOf(store: object): Map<string, KeyQueue> {
  let known = queues.get(store);
  if (known === undefined) {
    known = new Map();
    queues.set(store, known);
  }
  return known;
}
