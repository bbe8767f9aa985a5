/** The loop of docs/boundary.md: the core decides, this fetches, commits and tries again. */

import { commitWrites, fetchNeed } from './access.js';
import type { Call, Reads, Step } from './boundary.js';
import { refusal } from './core/step.js';
import { type ConfiguredCore, drawEntropy, type Time } from './core.js';
import { LeastkeyError } from './errors.js';
import type { Settings } from './options.js';
import { Place } from './queue.js';
import type { Write } from './stores/store.js';
import { backOff, Deadline, TimeLimitError } from './time-limit.js';
import { unreadable } from './unavailable.js';

/** The core's part of an operation: the next step, with everything read so far. */
export type Plan = (reads: Reads, time: Time, entropy: Uint8Array) => Step;

export interface OperateOptions {
  /** An abort rejects with its reason; what had been handed to the store by then may have been applied. */
  signal?: AbortSignal | undefined;
  /** Reads and decides, but commits nothing: the answer is the one that the commit would have had. */
  dryRun?: boolean;
}

/** One management operation of `Core.plan`. */
export function manage(
  core: ConfiguredCore,
  settings: Settings,
  call: Call,
  options?: OperateOptions,
): Promise<unknown> {
  return operate(settings, (reads, time, entropy) => core.plan(call, reads, time, entropy), options);
}

/** One operation, from its first plan to its answer. */
export async function operate(
  settings: Settings,
  plan: Plan,
  { signal, dryRun = false }: OperateOptions = {},
): Promise<unknown> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.refuseAborted();
  const started = settings.now();
  const entropy = drawEntropy(settings.entropy);
  const operation = new Operation(
    settings,
    (reads) => plan(reads, { now: settings.now(), started }, entropy),
    deadline,
  );
  try {
    return await operation.run(dryRun);
  } finally {
    operation.leaveQueue();
    entropy.fill(0);
  }
}

class Operation {
  readonly #settings: Settings;
  readonly #plan: (reads: Reads) => Step;
  readonly #deadline: Deadline;
  readonly #place: Place;
  /** Whether a commit lost to another writer's. */
  #refused = false;
  /** What a commit threw whose outcome is unknown. From then on only the operation's own marker can tell. */
  #lost: { cause: unknown } | undefined;

  constructor(settings: Settings, plan: (reads: Reads) => Step, deadline: Deadline) {
    this.#settings = settings;
    this.#plan = plan;
    this.#deadline = deadline;
    this.#place = new Place(settings.store);
  }

  async run(dryRun: boolean): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const step = await this.#decide();
      if (step !== undefined) {
        if ('answer' in step) return step.answer;
        if (!('commit' in step)) throw refusal(step);
        if (dryRun || (await this.#commit(step.commit.writes))) return step.commit.answer;
      }
      if (!(await backOff(attempt, this.#deadline))) throw this.#timeIsOver();
    }
  }

  leaveQueue(): void {
    this.#place.leave();
  }

  /** Plans and reads until the core has decided; nothing when the store could not be read and must be asked again. */
  async #decide(): Promise<Step | undefined> {
    const reads: Reads = { values: [], lists: [] };
    for (;;) {
      const step = this.#plan(reads);
      if (!('need' in step)) return step;
      if (step.need.queue !== undefined) await this.#takePlace(step.need.queue);
      try {
        await fetchNeed(this.#settings.store, step.need, reads, this.#deadline);
      } catch (cause) {
        this.#deadline.refuseAborted();
        // After a commit of unknown outcome, or when conflicts took all the time, this failure is not what there is to tell.
        if (this.#lost === undefined && !(this.#refused && cause instanceof TimeLimitError))
          throw unreadable(cause);
        return undefined;
      }
    }
  }

  /** Whether the writes are applied. `false`: somebody else was first, or it is unknown; plan again either way. */
  async #commit(writes: Write[]): Promise<boolean> {
    if (this.#deadline.left === 0) return false;
    try {
      const applied = await commitWrites(this.#settings.store, writes, this.#deadline);
      this.#refused ||= !applied;
      return applied;
    } catch (cause) {
      this.#deadline.refuseAborted();
      if (cause instanceof LeastkeyError && this.#lost === undefined) throw unreadable(cause);
      this.#lost = { cause };
      return false;
    }
  }

  async #takePlace(key: string): Promise<void> {
    try {
      await this.#place.take(key, this.#deadline);
    } catch {
      this.#deadline.refuseAborted();
      throw this.#timeIsOver();
    }
  }

  #timeIsOver(): LeastkeyError {
    const seconds = this.#settings.deadline / 1_000;
    if (this.#lost !== undefined) {
      return new LeastkeyError(
        'outcome_unknown',
        `the change was handed to the store, whose answer was lost, and ${seconds} s were not enough to find out whether it was applied; read before you repeat the call`,
        this.#lost,
      );
    }
    return new LeastkeyError(
      'conflict',
      `the change found no turn within ${seconds} s: other writers were faster, or the store is slow; nothing was changed, try again`,
    );
  }
}
