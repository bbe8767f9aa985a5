/** The loop of docs/boundary.md: the core decides, this fetches, commits and tries again. */

import { LeastkeyError } from '../api/errors.js';
import type { Write } from '../api/store.js';
import { drawEntropy, type ManageCore, type Time } from '../core/manage-core.js';
import { backOff, Deadline, TimeoutError } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';
import { type Call, type Need, type Reads, refusal, type Step } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { commitWrites, fetchReads, MAX_KEYS } from '../stores/calls.js';
import { restoreExpectations } from '../stores/response.js';
import { storeError } from '../verify/unavailable.js';

/** The pauses of what ends something grow no further than that of this attempt, the first of which is 0. */
const MAX_URGENT_PAUSES = 2;

/** The core's part of an operation: the next step, with everything read so far. */
export type Plan = (reads: Reads, time: Time, entropy: Uint8Array) => Step;

export interface RunOptions {
  /** An abort rejects with its reason; what had been handed to the store by then may have been applied. */
  signal?: AbortSignal | undefined;
  /** Reads and decides, but commits nothing: the answer is the one that the commit would have had. */
  dryRun?: boolean;
  /** Called before a commit is handed to the store and after any answer, a failure too: what is cached may be out of date. */
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

/** One operation, from its first plan to its answer. */
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
    // Even a call that changed nothing itself tells of a change: another's that it found.
    invalidate();
  }
}

class Operation {
  readonly #settings: Settings;
  readonly #plan: (reads: Reads) => Step;
  readonly #deadline: Deadline;
  readonly #invalidate: () => void;
  readonly #locks: KeyLocks;
  /** The keys of the queues that it is in, as the core asked for them. */
  readonly #queues: string[] = [];
  /** Every key that it has read, so that another attempt reads them all at once. */
  readonly #keys = new Set<string>();
  #urgent = false;
  /** Whether it had to wait for a turn. */
  #waited = false;
  /** Whether a commit lost to another writer's. */
  #conflicted = false;
  /** What a commit threw whose outcome is unknown. From then on only the operation's own marker can tell. */
  #unknownOutcome: { cause: unknown } | undefined;

  constructor(settings: Settings, plan: (reads: Reads) => Step, deadline: Deadline, invalidate: () => void) {
    this.#settings = settings;
    this.#plan = plan;
    this.#deadline = deadline;
    this.#invalidate = invalidate;
    this.#locks = new KeyLocks(settings.store, deadline);
  }

  async run(dryRun: boolean): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const step = await this.#planUntilDecided(attempt > 0);
      if (step !== undefined) {
        if ('answer' in step) return step.answer;
        if (!('commit' in step)) throw refusal(step);
        if (dryRun || (await this.#commit(step.commit.writes))) return step.commit.answer;
      }
      if (!(await this.#pause(attempt))) throw this.#deadlineError();
    }
  }

  releaseLocks(): void {
    this.#locks.releaseAll();
  }

  /** Plans and reads until the core has decided; nothing when the store could not be read and must be asked again. */
  async #planUntilDecided(again: boolean): Promise<Step | undefined> {
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
      if (!('need' in step)) return step;
      const { need } = step;
      const waited = need.queue !== undefined && (await this.#enqueue(need.queue, need.urgent));
      if (!(await this.#fetch(need, reads, waited && reads.lists.length === 0))) return undefined;
    }
  }

  /** Queues at a key, and answers whether it had to wait there. */
  #enqueue(key: string, urgent = false): Promise<boolean> {
    this.#urgent ||= urgent;
    if (!this.#queues.includes(key)) this.#queues.push(key);
    return this.#acquire(key);
  }

  /** Reads what is needed; `afresh`: and all that was read before, which another writer may have changed. `false`: ask again. */
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
      // After a commit of unknown outcome, or when conflicts took all the time, this failure is not what there is to tell.
      if (this.#unknownOutcome !== undefined) return false;
      if (cause instanceof TimeoutError && (this.#conflicted || this.#waited)) return false;
      throw storeError(cause);
    }
  }

  /** Whether the writes are applied. `false`: somebody else was first, or it is unknown; plan again either way. */
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
      this.#unknownOutcome = { cause };
      return false;
    } finally {
      this.#invalidate();
    }
  }

  /**
   * Waits before the next attempt. What ends something waits a moment, in its turns. Everything else waits longer each time, leaves what
   * other owners share, and lets what comes before it have its owner's turn.
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
        `the change was handed to the store, whose answer was lost, and ${seconds} s were not enough to find out whether it was applied; read before you repeat the call`,
        this.#unknownOutcome,
      );
    }
    if (this.#conflicted) {
      return new LeastkeyError(
        'conflict',
        `other writers were faster for ${seconds} s; nothing was changed, try again`,
      );
    }
    return new LeastkeyError(
      'deadline_exceeded',
      `the change got no turn within ${seconds} s: earlier calls of this process are at work, or the store is slow; nothing was changed, try again`,
    );
  }
}
