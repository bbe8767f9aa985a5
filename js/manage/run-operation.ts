/** The loop of docs/boundary.md: the core plans; this reads, commits and retries. */

import { LeastkeyError } from '../api/errors.js';
import type { Write } from '../api/store.js';
import { drawEntropy, type ManageCore, type Time } from '../core/manage-core.js';
import { backOff, Deadline, TimeoutError } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';
import {
  type Call,
  type Need,
  type OperationStep,
  type Reads,
  type Step,
  stepError,
} from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { commitWrites, fetchReads, MAX_KEYS } from '../stores/call-store.js';
import { mergeValues, restoreExpectations, StoreAnswerError } from '../stores/response.js';
import { storeError } from '../verify/unavailable.js';

/** The attempt (from 0) whose backoff is the longest for operations that end something. */
const MAX_URGENT_PAUSES = 2;

/** The core's part of an operation: the next step for the reads so far. */
export type Plan = (reads: Reads, time: Time, entropy: Uint8Array) => OperationStep;

export interface RunOptions {
  /** An abort rejects with its reason. A commit in flight may still be applied. */
  signal?: AbortSignal | undefined;
  /** Plans without committing. Returns the answer that the commit would have had. */
  dryRun?: boolean;
  /** Called before each commit and after its answer or failure, to invalidate caches. */
  invalidate?: (() => void) | undefined;
}

/** One management operation of `Core.plan`. */
export function runOperation(
  core: ManageCore,
  settings: Settings,
  call: Call,
  options?: RunOptions,
): Promise<unknown> {
  return runPlan(settings, (reads, time, entropy) => core.plan(call, reads, time, entropy), options);
}

/** Runs one operation, from its first plan to its answer. */
export async function runPlan(
  settings: Settings,
  plan: Plan,
  { signal, dryRun = false, invalidate = () => {} }: RunOptions = {},
): Promise<unknown> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.throwIfAborted();
  const started = settings.reading();
  const entropy = drawEntropy(settings.entropy);
  const operation = new Operation(
    settings,
    (reads) => plan(reads, { ...settings.moment(), started }, entropy),
    deadline,
    invalidate,
  );
  try {
    return await operation.run(dryRun);
  } finally {
    operation.releaseLocks();
    entropy.fill(0);
    // A call that changed nothing may have found the change of another.
    invalidate();
  }
}

class Operation {
  readonly #settings: Settings;
  readonly #plan: (reads: Reads) => OperationStep;
  readonly #deadline: Deadline;
  readonly #invalidate: () => void;
  readonly #locks: KeyLocks;
  /** The keys of its locks, in the order in which the core asked for them. */
  readonly #queues: string[] = [];
  /** Every key that it has read, so that the next attempt reads all of them in one `get`. */
  readonly #keys = new Set<string>();
  #urgent = false;
  /** Whether it had to wait for a lock. */
  #waited = false;
  /** Whether a commit conflicted with another writer. */
  #conflicted = false;
  /** The error of a commit with an unknown outcome. Then only the idempotency record can tell. */
  #unknownOutcome: { cause: unknown } | undefined;

  constructor(
    settings: Settings,
    plan: (reads: Reads) => OperationStep,
    deadline: Deadline,
    invalidate: () => void,
  ) {
    this.#settings = settings;
    this.#plan = plan;
    this.#deadline = deadline;
    this.#invalidate = invalidate;
    this.#locks = new KeyLocks(settings.store, deadline);
  }

  async run(dryRun: boolean): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const step = await this.#planUntilDecided(attempt > 0, dryRun);
      if (step !== undefined) {
        if ('answer' in step) return step.answer;
        if (!('commit' in step)) throw stepError(step);
        if (dryRun || (await this.#commit(step.commit.writes))) return step.commit.answer;
      }
      if (!(await this.#pause(attempt))) throw this.#deadlineError();
    }
  }

  releaseLocks(): void {
    this.#locks.releaseAll();
  }

  /**
   * Plans and reads until the core has decided; `undefined` if a read failed and has to be retried.
   */
  async #planUntilDecided(again: boolean, dryRun: boolean): Promise<Step | undefined> {
    const reads: Reads = { values: [], lists: [] };
    if (again) {
      for (const queue of this.#queues) await this.#acquire(queue);
      if (!(await this.#fetch({ keys: [] }, reads, true))) return undefined;
    }
    for (;;) {
      const step = this.#plan(reads);
      if ('commit' in step) {
        const { writes, answer } = step.commit;
        return { commit: { writes: restoreExpectations(writes, reads), answer } };
      }
      if ('prepare' in step) {
        if (!(await this.#prepare(step.prepare.writes, reads, dryRun))) return undefined;
        continue;
      }
      if (!('need' in step)) return step;
      const { need } = step;
      const waited = need.queue !== undefined && (await this.#enqueue(need.queue, need.urgent));
      if (!(await this.#fetch(need, reads, waited && reads.lists.length === 0))) return undefined;
    }
  }

  /** Acquires the lock of a key, and returns whether it had to wait. */
  #enqueue(key: string, urgent = false): Promise<boolean> {
    this.#urgent ||= urgent;
    if (!this.#queues.includes(key)) this.#queues.push(key);
    return this.#acquire(key);
  }

  /** Reads what the core needs. `afresh`: rereads everything else too. `false`: retry later. */
  async #fetch(need: Need, reads: Reads, afresh: boolean): Promise<boolean> {
    for (const key of need.keys) this.#keys.add(key);
    const all = afresh && this.#keys.size <= MAX_KEYS;
    if (all) reads.values.length = 0;
    this.#locks.extend();
    try {
      const keys = all ? [...this.#keys] : need.keys;
      await fetchReads(this.#settings.store, { ...need, keys }, reads, this.#deadline);
      return true;
    } catch (cause) {
      this.#deadline.throwIfAborted();
      // After an unknown outcome, or when conflicts took all the time, report that instead.
      if (this.#unknownOutcome !== undefined) return false;
      if (cause instanceof TimeoutError && (this.#conflicted || this.#waited)) return false;
      throw storeError(cause);
    }
  }

  /**
   * Commits immutable values, and adds them to the reads. On a conflict another call has written
   * the same values. `false`: retry later.
   */
  async #prepare(writes: Write[], reads: Reads, dryRun: boolean): Promise<boolean> {
    if (!dryRun && this.#deadline.left === 0) return false;
    this.#locks.extend();
    try {
      if (!dryRun) await commitWrites(this.#settings.store, writes, this.#deadline);
    } catch (cause) {
      this.#deadline.throwIfAborted();
      throw storeError(cause);
    }
    mergeValues(
      reads,
      writes.map(({ key, value }) => [key, value ?? null]),
    );
    return true;
  }

  /** Whether the writes were applied. `false`: a conflict or an unknown outcome; plan again. */
  async #commit(writes: Write[]): Promise<boolean> {
    if (this.#deadline.left === 0) return false;
    this.#locks.extend();
    this.#invalidate();
    try {
      const applied = await commitWrites(this.#settings.store, writes, this.#deadline);
      this.#conflicted ||= !applied;
      return applied;
    } catch (cause) {
      this.#deadline.throwIfAborted();
      if (cause instanceof LeastkeyError && this.#unknownOutcome === undefined) throw storeError(cause);
      // A mistake in the store. The next attempt reads what became of the commit, so no call fails.
      if (cause instanceof StoreAnswerError)
        this.#settings.onError(storeError(cause), { operation: 'commit' });
      this.#unknownOutcome = { cause };
      return false;
    } finally {
      this.#invalidate();
    }
  }

  /**
   * Waits before the next attempt. Operations that end something wait briefly and keep their locks.
   * All others wait longer each time, release the locks that other owners share, and let calls that
   * are ahead use the lock of their owner.
   */
  #pause(attempt: number): Promise<boolean> {
    this.#locks.extend();
    if (this.#urgent) return backOff(Math.min(attempt, MAX_URGENT_PAUSES), this.#deadline);
    for (const queue of this.#queues.slice(1)) this.#locks.release(queue);
    this.#locks.yieldTurns();
    return backOff(attempt, this.#deadline);
  }

  async #acquire(key: string): Promise<boolean> {
    try {
      const waited = await this.#locks.acquire(key, { urgent: this.#urgent });
      this.#waited ||= waited;
      return waited;
    } catch (end) {
      this.#deadline.throwIfAborted();
      if (!(end instanceof TimeoutError)) throw end;
      throw this.#deadlineError();
    }
  }

  #deadlineError(): LeastkeyError {
    const seconds = this.#settings.deadline / 1_000;
    if (this.#unknownOutcome !== undefined) {
      return new LeastkeyError(
        'outcome_unknown',
        `the store did not answer the commit, and its outcome could not be determined within ${seconds} s; read before you repeat the call`,
        this.#unknownOutcome,
      );
    }
    if (this.#conflicted) {
      return new LeastkeyError(
        'conflict',
        `other writers won every commit for ${seconds} s; nothing was changed, try again`,
      );
    }
    return new LeastkeyError(
      'deadline_exceeded',
      `the change was not committed within ${seconds} s: earlier calls of this process are running, or the store is slow; nothing was changed, try again`,
    );
  }
}
