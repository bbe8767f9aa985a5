/** The loop of docs/boundary.md: the core decides, this fetches, commits and tries again. */

import type { Call, Need, Reads, Step } from './boundary.js';
import { readClock } from './clock.js';
import { type ConfiguredCore, drawEntropy, refusal } from './core.js';
import { LeastkeyError } from './errors.js';
import type { Settings } from './options.js';
import { enterQueue } from './queue.js';
import { readApplied, readEntries, readValues } from './stored.js';
import type { Store, Write } from './stores/store.js';
import { Deadline, pause, within } from './time-limit.js';

/** The first retry waits at most this long, each later one at most twice the one before. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 250;

/**
 * One management operation, from its call to its answer. An abort rejects with the signal's reason; what had been handed to
 * the store by then may have been applied.
 */
export async function manage(
  core: ConfiguredCore,
  settings: Settings,
  call: Call,
  signal?: AbortSignal,
): Promise<unknown> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.refuseAborted();
  const started = readClock(settings.now);
  const entropy = drawEntropy(settings.entropy);
  const operation = new Operation(core, settings, call, started, entropy, deadline);
  try {
    return await operation.run();
  } finally {
    operation.leaveQueue();
    entropy.fill(0);
  }
}

/** Fetches what is needed and adds it to what has been read. */
export async function fetchNeed(store: Store, need: Need, reads: Reads, deadline: Deadline): Promise<void> {
  if (need.keys.length > 0) {
    const answer = await ask(deadline, () => store.get([...need.keys]));
    reads.values.push(...readValues(need.keys, answer));
  }
  if (need.list !== undefined) {
    const range = need.list;
    const answer = await ask(deadline, () => store.list({ ...range }));
    reads.lists.push({ range, entries: readEntries(range, answer) });
  }
}

/** One call of the store. It gets half of the whole time at most, so that there is some left to find out what became of it. */
function ask<T>(deadline: Deadline, call: () => T | Promise<T>): Promise<T> {
  deadline.refusePassed();
  return within(call(), Math.min(deadline.left, deadline.whole / 2), deadline.signal);
}

class Operation {
  readonly #core: ConfiguredCore;
  readonly #settings: Settings;
  readonly #call: Call;
  readonly #entropy: Uint8Array;
  readonly #started: number;
  readonly #deadline: Deadline;
  #queue: { key: string; leave: () => void } | undefined;
  /** Whether a commit lost to another writer's. */
  #refused = false;
  /** What a commit threw whose outcome is unknown. From then on only the operation's own marker can tell. */
  #lost: { cause: unknown } | undefined;

  constructor(
    core: ConfiguredCore,
    settings: Settings,
    call: Call,
    started: number,
    entropy: Uint8Array,
    deadline: Deadline,
  ) {
    this.#core = core;
    this.#settings = settings;
    this.#call = call;
    this.#entropy = entropy;
    this.#started = started;
    this.#deadline = deadline;
  }

  async run(): Promise<unknown> {
    for (let longestPause = FIRST_PAUSE; ; longestPause = Math.min(2 * longestPause, LONGEST_PAUSE)) {
      const step = await this.#decide();
      if (step !== undefined) {
        if ('answer' in step) return step.answer;
        if (!('commit' in step)) throw refusal(step);
        if (await this.#commit(step.commit.writes)) return step.commit.answer;
      }
      await pause(Math.min(Math.random() * longestPause, this.#deadline.left), this.#deadline.signal);
      if (this.#deadline.left === 0) throw this.#timeIsOver();
    }
  }

  leaveQueue(): void {
    this.#queue?.leave();
    this.#queue = undefined;
  }

  /** Plans and reads until the core has decided; nothing when the store could not be read and must be asked again. */
  async #decide(): Promise<Step | undefined> {
    const reads: Reads = { values: [], lists: [] };
    for (;;) {
      const time = { now: readClock(this.#settings.now), started: this.#started };
      const step = this.#core.plan(this.#call, reads, time, this.#entropy);
      if (!('need' in step)) return step;
      if (step.need.queue !== undefined) await this.#enterQueue(step.need.queue);
      try {
        await fetchNeed(this.#settings.store, step.need, reads, this.#deadline);
      } catch (cause) {
        this.#deadline.refuseAborted();
        // After a commit of unknown outcome, or when conflicts took all the time, this failure is not what there is to tell.
        if (this.#lost === undefined && !(this.#refused && this.#deadline.left === 0))
          throw unreadable(cause);
        return undefined;
      }
    }
  }

  /** Whether the writes are applied. `false`: somebody else was first, or it is unknown; plan again either way. */
  async #commit(writes: Write[]): Promise<boolean> {
    if (this.#deadline.left === 0) return false;
    try {
      const applied = readApplied(await ask(this.#deadline, () => this.#settings.store.commit(writes)));
      this.#refused ||= !applied;
      return applied;
    } catch (cause) {
      this.#deadline.refuseAborted();
      if (cause instanceof LeastkeyError && this.#lost === undefined) throw cause;
      this.#lost = { cause };
      return false;
    }
  }

  async #enterQueue(key: string): Promise<void> {
    if (this.#queue?.key === key) return;
    this.leaveQueue();
    try {
      this.#queue = { key, leave: await enterQueue(this.#settings.store, key, this.#deadline) };
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

function unreadable(cause: unknown): LeastkeyError {
  if (cause instanceof LeastkeyError) return cause;
  // A foreign error's message may name hosts and passwords: it stays with the cause, for the log of the host.
  return new LeastkeyError('store_unavailable', 'the store could not be read; the cause says why', { cause });
}
