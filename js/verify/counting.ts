/**
 * Counts uses against limits. The uses of one process wait at the key of their counters and are
 * counted in batches: one commit for all that wait, instead of one each, of which all but one fail.
 */

import { LeastkeyError } from '../api/errors.js';
import type { Store, Write } from '../api/store.js';
import { backOff, Deadline, TimeoutError } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';
import type { Reads, Step } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { commitWrites, MAX_KEYS, readKeys } from '../stores/call-store.js';

/** The most uses of one commit. Deciding on more would block the event loop. */
const MAX_BATCH = 256;

/** The most writes of one commit. */
const MAX_WRITES = 32;

/** A step of a verification. Refusals are thrown. */
export type AcceptedStep = Exclude<Step, { refuse: unknown }>;

/** The result of a count: the verdict, or why there is none. */
export type Outcome = { answer: unknown; reads: Reads } | { thrown: unknown } | { failure: unknown };

/** One use to count. */
interface PendingUse {
  /** The keys that its decision reads. */
  readonly keys: string[];
  readonly decide: (reads: Reads) => AcceptedStep;
  readonly deadline: Deadline;
  /** Whether it is in a commit without an answer yet: it must not be in another one. */
  sent: boolean;
  outcome: Outcome | undefined;
  /** Wakes the call that awaits the outcome. */
  wake: () => void;
}

/** The uses that wait at one counter. */
interface CounterQueue {
  readonly uses: Set<PendingUse>;
  /** How many commits in a row other processes won. */
  lostCommits: number;
  /** The most uses of the next commit. A smaller batch is decided sooner and conflicts less. */
  maxBatch: number;
}

/** For each store of this process, the waiting uses by the key of their counter. */
const waiting = new WeakMap<object, Map<string, CounterQueue>>();

/**
 * Counts one use at the counter `key`, by a decision that reads `keys`.
 *
 * @throws {LeastkeyError} `deadline_exceeded` when the lock does not come in time; the signal's
 * reason on an abort.
 */
export async function countUse(
  settings: Settings,
  key: string,
  keys: readonly string[],
  decide: (reads: Reads) => AcceptedStep,
  deadline: Deadline,
): Promise<Outcome> {
  const store = settings.counting ?? settings.verifying;
  const counting = counterQueueAt(store, key);
  const locks = new KeyLocks(store, deadline);
  const wake = () => locks.wake(key);
  const use: PendingUse = { keys: [...keys], decide, deadline, sent: false, outcome: undefined, wake };
  counting.uses.add(use);
  try {
    for (;;) {
      await locks.acquire(key, { settled: () => use.outcome !== undefined });
      if (use.outcome !== undefined) return use.outcome;
      // The commit that holds it has not been answered in time, so the outcome is unknown.
      if (use.sent) return { failure: new TimeoutError('the store did not answer a count in time') };
      // Not bound to this call: its signal must not end what other calls await.
      void new Batch(settings, store, key, counting, locks).count();
    }
  } catch (end) {
    if (!(end instanceof TimeoutError)) throw end;
    if (use.sent) return { failure: end };
    throw new LeastkeyError(
      'deadline_exceeded',
      `the use was not counted within ${deadline.total / 1_000} s: other writers won every commit, or the store is slow`,
    );
  } finally {
    locks.releaseAll();
    counting.uses.delete(use);
    if (counting.uses.size === 0 && counterQueuesOf(store).get(key) === counting)
      counterQueuesOf(store).delete(key);
  }
}

/** One batch: decides on the waiting uses one by one, as if each were committed, in one commit. */
class Batch {
  readonly #store: Store;
  readonly #key: string;
  readonly #queue: CounterQueue;
  readonly #deadline: Deadline;
  readonly #locks: KeyLocks;
  /** The writes so far, by key. */
  readonly #writes = new Map<string, Write>();
  /** The uses whose outcome depends on the commit. */
  readonly #decided: { use: PendingUse; answer: unknown; reads: Reads }[] = [];

  constructor(settings: Settings, store: Store, key: string, counting: CounterQueue, locks: KeyLocks) {
    this.#store = store;
    this.#key = key;
    this.#queue = counting;
    this.#deadline = new Deadline(settings.deadline);
    this.#locks = locks.transferTo(this.#deadline);
  }

  /** Never rejects: no caller awaits it. */
  async count(): Promise<void> {
    try {
      // Includes the uses that arrive in the same task.
      await undefined;
      const uses = this.#choose();
      if (await this.#decideAll(uses)) await this.#commit();
    } catch (failure) {
      for (const { use } of this.#decided) settleUse(use, { failure });
    } finally {
      this.#locks.releaseAll();
    }
  }

  /** The uses that waited longest, as many as fit into one read. */
  #choose(): PendingUse[] {
    const keys = new Set<string>();
    const chosen: PendingUse[] = [];
    for (const use of this.#queue.uses) {
      if (use.sent || use.outcome !== undefined || use.deadline.left === 0) continue;
      const fits = new Set([...keys, ...use.keys]).size <= MAX_KEYS;
      if (chosen.length > 0 && (!fits || chosen.length >= this.#queue.maxBatch)) break;
      for (const key of use.keys) keys.add(key);
      chosen.push(use);
    }
    return chosen;
  }

  /**
   * Reads once, and decides on each use after the writes of those before. `false`: nothing to
   * commit.
   */
  async #decideAll(uses: PendingUse[]): Promise<boolean> {
    const keys = [...new Set(uses.flatMap((use) => use.keys))];
    let values: Map<string, string | null>;
    try {
      values = new Map(await readKeys(this.#store, keys, this.#deadline));
    } catch (failure) {
      for (const use of uses) settleUse(use, { failure });
      return false;
    }
    this.#locks.extend();
    for (const use of uses) {
      const read = (key: string) => {
        const written = this.#writes.get(key)?.value;
        return written === undefined ? (values.get(key) ?? null) : written;
      };
      const reads: Reads = { values: use.keys.map((key) => [key, read(key)]), lists: [] };
      if (use.outcome === undefined && !this.#decide(use, reads)) break;
    }
    return this.#writes.size > 0 && this.#locks.holds(this.#key);
  }

  /** Decides on one use. `false`: it does not fit into the commit. */
  #decide(use: PendingUse, reads: Reads): boolean {
    let step: AcceptedStep;
    try {
      step = use.decide(reads);
    } catch (thrown) {
      settleUse(use, { thrown });
      return true;
    }
    if ('need' in step) {
      // Its dependencies have changed: the next batch reads them too.
      use.keys.push(...step.need.keys);
      return true;
    }
    if ('answer' in step) {
      const { answer } = step;
      // A refusal that depends on uncommitted writes waits for the commit.
      if (this.#writes.size === 0) settleUse(use, { answer, reads });
      else this.#decided.push({ use, answer, reads });
      return true;
    }
    const { writes, answer } = step.commit;
    const more = writes.filter(({ key }) => !this.#writes.has(key)).length;
    if (this.#writes.size + more > MAX_WRITES) return false;
    for (const write of writes) {
      const { expect } = this.#writes.get(write.key) ?? write;
      const { expect: _, ...rest } = write;
      this.#writes.set(write.key, expect === undefined ? rest : { ...rest, expect });
    }
    this.#decided.push({ use, answer, reads });
    return true;
  }

  async #commit(): Promise<void> {
    for (const { use } of this.#decided) use.sent = true;
    if (await commitWrites(this.#store, [...this.#writes.values()], this.#deadline)) {
      this.#queue.lostCommits = 0;
      this.#queue.maxBatch = Math.min(this.#queue.maxBatch * 2, MAX_BATCH);
      for (const { use, answer, reads } of this.#decided) settleUse(use, { answer, reads });
      return;
    }
    for (const { use } of this.#decided) use.sent = false;
    this.#locks.extend();
    this.#queue.maxBatch = Math.max(Math.floor(this.#queue.maxBatch / 2), 1);
    await backOff(this.#queue.lostCommits++, this.#deadline);
  }
}

function settleUse(use: PendingUse, outcome: Outcome): void {
  use.outcome ??= outcome;
  use.wake();
}

function counterQueueAt(store: object, key: string): CounterQueue {
  const known = counterQueuesOf(store);
  let counting = known.get(key);
  if (counting === undefined) {
    counting = { uses: new Set(), lostCommits: 0, maxBatch: MAX_BATCH };
    known.set(key, counting);
  }
  return counting;
}

function counterQueuesOf(store: object): Map<string, CounterQueue> {
  let known = waiting.get(store);
  if (known === undefined) {
    known = new Map();
    waiting.set(store, known);
  }
  return known;
}
