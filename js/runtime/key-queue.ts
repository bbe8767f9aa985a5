/** The queues of this process: at most one call at a time works at a key that many write. */

import { type Deadline, TimeoutError, withTimeout } from './deadline.js';

/** How long a waiting call sleeps at most before it looks whether the call before it is still there. */
const MAX_POLL = 250;

/** A waiting call that has not looked for so long is no longer there, or will queue again. */
const ABANDONED_AFTER = 4 * MAX_POLL;

/** A call at one key: waiting for its turn, or having it. */
interface Ticket {
  readonly urgent: boolean;
  /** When the call began, as a number that rises from call to call. */
  readonly began: number;
  /** Until when it has the turn, if it has it: at every step of the call it is prolonged. */
  heldUntil: number;
  /** When it looked last, while it waits. */
  polledAt: number;
  /** Whether it has the turn but makes no use of it for a moment: whoever comes before it may take it. */
  isYielding: boolean;
  /** Wakes the call, so that it looks whether its turn has come. */
  wake: () => void;
}

/**
 * The queue at one key: urgent calls first, then in the order in which they began.
 *
 * No call counts on another's `finally`: in some runtimes a request that was cut off never runs again, and its promises never settle. A
 * turn ends by itself with the time of the call that has it, and whoever waits finds that by a timer of its own.
 */
class KeyQueue {
  #holder: Ticket | undefined;
  /** In the order of their turns. */
  readonly #waiting: Ticket[] = [];

  get holder(): Ticket | undefined {
    return this.#holder;
  }

  get isIdle(): boolean {
    return this.#holder === undefined && this.#waiting.length === 0;
  }

  /** Whether the turn is this call's. One that has ended, and was not given to another, is given to the first who waits. */
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

  /** How long a waiting call may sleep until it looks again. */
  get pollAfter(): number {
    const left = (this.#holder?.heldUntil ?? 0) - performance.now();
    return Math.min(Math.max(left, 1), MAX_POLL);
  }

  /** The holder pauses: one that waits and comes before it gets the turn meanwhile. */
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

  /** The one that is called has a moment to come. If it does not, those behind it find that its turn has ended. */
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

/** For each store of this process, its queues by their keys. */
const queues = new WeakMap<object, Map<string, KeyQueue>>();

let calls = 0;

interface AcquireOptions {
  /** Overtakes those that are not. */
  urgent?: boolean;
  /** Whether there is nothing left to do with the turn, which ends the wait. */
  settled?: () => boolean;
}

const never = () => false;

/** The places of one call in the queues of a store: at most one at each key. */
export class KeyLocks {
  readonly #store: object;
  readonly #deadline: Deadline;
  /** How long a turn lasts without a sign of life: as long as one call of the store may take. */
  readonly #lease: number;
  readonly #began = calls++;
  readonly #tickets = new Map<string, Ticket>();

  constructor(store: object, deadline: Deadline, lease = deadline.total / 2) {
    this.#store = store;
    this.#deadline = deadline;
    this.#lease = lease;
  }

  /**
   * Waits for the turn at a key, and answers whether it had to. The turn lasts until it is left, or until nothing has prolonged it for as
   * long as one call of the store may take.
   *
   * @throws {TimeoutError} when the turn does not come in time, the signal's reason on an abort.
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

  /** Wakes the call where it waits at a key. */
  wake(key: string): void {
    this.#tickets.get(key)?.wake();
  }

  /** Hands the turns over to a call that has a deadline of its own. */
  transferTo(deadline: Deadline): KeyLocks {
    const other = new KeyLocks(this.#store, deadline);
    for (const [key, ticket] of this.#tickets) other.#tickets.set(key, ticket);
    this.#tickets.clear();
    other.extend();
    return other;
  }

  /** Whether the turn at a key is still this call's. */
  holds(key: string): boolean {
    const ticket = this.#tickets.get(key);
    return ticket !== undefined && this.#queueAt(key).holder === ticket;
  }

  /** A sign of life: every turn lasts longer. */
  extend(): void {
    for (const ticket of this.#tickets.values()) this.#extend(ticket);
  }

  /** Makes no use of the turns until they are taken again: one that comes before this call may have them meanwhile. */
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
      // Who came too late for its turn queues again, at the place that it had.
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
