/**
 * Uses that are counted against limits. Those of one process wait at the key of their counters, and are counted together: one commit
 * for all that wait, instead of one for each that all but one lose.
 */

import { LeastkeyError } from '../api/errors.js';
import type { Store, Write } from '../api/store.js';
import { backOff, Deadline, TimeLimitError } from '../runtime/deadline.js';
import { Places } from '../runtime/key-queue.js';
import type { Reads, Step } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { commitWrites, MAX_KEYS, readKeys } from '../stores/calls.js';

/** The most uses of one commit: to decide on more at once would hold the event loop. */
const MAX_BATCH = 256;

/** The most writes of one commit. */
const MAX_WRITES = 32;

/** A step of a verification; a refusal is thrown. */
export type Decided = Exclude<Step, { refuse: unknown }>;

/** What a count came to: the verdict, or why there is none. */
export type Outcome = { answer: unknown; reads: Reads } | { thrown: unknown } | { failure: unknown };

/** One use that is to be counted. */
interface Use {
  /** What its decision reads. */
  readonly keys: string[];
  readonly decide: (reads: Reads) => Decided;
  readonly deadline: Deadline;
  /** Whether it is in a commit that was handed to the store and has not been answered: it must not be in another one. */
  sent: boolean;
  outcome: Outcome | undefined;
  /** Wakes the call that waits for the outcome. */
  wake: () => void;
}

/** The uses that wait at one key. */
interface Counting {
  readonly uses: Set<Use>;
  /** How many commits in a row were lost to other processes. */
  lost: number;
  /** How many uses the next commit counts at most. Fewer are decided on sooner: the larger a batch, the easier it is overtaken. */
  most: number;
}

/** For each store of this process, the uses that wait there, by the key of their counters. */
const waiting = new WeakMap<object, Map<string, Counting>>();

/**
 * Counts one use at the key where all that spend the same limit wait, by a decision that reads `keys`.
 *
 * @throws {LeastkeyError} `deadline_exceeded` when its turn does not come in time; the signal's reason on an abort.
 */
export async function countUse(
  settings: Settings,
  key: string,
  keys: readonly string[],
  decide: (reads: Reads) => Decided,
  deadline: Deadline,
): Promise<Outcome> {
  const store = settings.counting ?? settings.verifying;
  const counting = countingAt(store, key);
  const places = new Places(store, deadline);
  const wake = () => places.wake(key);
  const use: Use = { keys: [...keys], decide, deadline, sent: false, outcome: undefined, wake };
  counting.uses.add(use);
  try {
    for (;;) {
      await places.take(key, { settled: () => use.outcome !== undefined });
      if (use.outcome !== undefined) return use.outcome;
      // Who handed it to the store has not come back in time, so the outcome is unknown.
      if (use.sent) return { failure: new TimeLimitError('the store did not answer a count in time') };
      // Not bound to this call, whose signal must not end what others wait for.
      void new Batch(settings, store, key, counting, places).count();
    }
  } catch (end) {
    if (!(end instanceof TimeLimitError)) throw end;
    if (use.sent) return { failure: end };
    throw new LeastkeyError(
      'deadline_exceeded',
      `the use was not counted within ${deadline.whole / 1_000} s: other writers were faster, or the store is slow`,
    );
  } finally {
    places.leaveAll();
    counting.uses.delete(use);
    if (counting.uses.size === 0 && countings(store).get(key) === counting) countings(store).delete(key);
  }
}

/** One round of counting: what waits, decided one after the other as if each were committed, in one commit. */
class Batch {
  readonly #store: Store;
  readonly #key: string;
  readonly #counting: Counting;
  readonly #deadline: Deadline;
  readonly #turn: Places;
  /** The writes so far, by key. */
  readonly #writes = new Map<string, Write>();
  /** Those whose outcome hangs on the commit. */
  readonly #decided: { use: Use; answer: unknown; reads: Reads }[] = [];

  constructor(settings: Settings, store: Store, key: string, counting: Counting, places: Places) {
    this.#store = store;
    this.#key = key;
    this.#counting = counting;
    this.#deadline = new Deadline(settings.deadline);
    this.#turn = places.handOver(this.#deadline);
  }

  /** Never throws: nobody waits for it. */
  async count(): Promise<void> {
    try {
      // What comes in the same turn of the event loop is counted along.
      await undefined;
      const uses = this.#choose();
      if (await this.#decideAll(uses)) await this.#commit();
    } catch (failure) {
      for (const { use } of this.#decided) settle(use, { failure });
    } finally {
      this.#turn.leaveAll();
    }
  }

  /** Those that waited the longest, as many as one read takes. */
  #choose(): Use[] {
    const keys = new Set<string>();
    const chosen: Use[] = [];
    for (const use of this.#counting.uses) {
      if (use.sent || use.outcome !== undefined || use.deadline.left === 0) continue;
      const fits = new Set([...keys, ...use.keys]).size <= MAX_KEYS;
      if (chosen.length > 0 && (!fits || chosen.length >= this.#counting.most)) break;
      for (const key of use.keys) keys.add(key);
      chosen.push(use);
    }
    return chosen;
  }

  /** Reads for all, and decides on each by what those before it would have written. `false`: there is nothing to commit. */
  async #decideAll(uses: Use[]): Promise<boolean> {
    const keys = [...new Set(uses.flatMap((use) => use.keys))];
    let values: Map<string, string | null>;
    try {
      values = new Map(await readKeys(this.#store, keys, this.#deadline));
    } catch (failure) {
      for (const use of uses) settle(use, { failure });
      return false;
    }
    this.#turn.prolong();
    for (const use of uses) {
      const read = (key: string) => {
        const written = this.#writes.get(key)?.value;
        return written === undefined ? (values.get(key) ?? null) : written;
      };
      const reads: Reads = { values: use.keys.map((key) => [key, read(key)]), lists: [] };
      if (use.outcome === undefined && !this.#decide(use, reads)) break;
    }
    return this.#writes.size > 0 && this.#turn.has(this.#key);
  }

  /** Decides on one use. `false`: the commit has no room for it. */
  #decide(use: Use, reads: Reads): boolean {
    let step: Decided;
    try {
      step = use.decide(reads);
    } catch (thrown) {
      settle(use, { thrown });
      return true;
    }
    if ('need' in step) {
      // What it rests on has changed: the next round reads that too.
      use.keys.push(...step.need.keys);
      return true;
    }
    if ('answer' in step) {
      const { answer } = step;
      // A refusal that rests on what is not committed yet waits for that.
      if (this.#writes.size === 0) settle(use, { answer, reads });
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
      this.#counting.lost = 0;
      this.#counting.most = Math.min(this.#counting.most * 2, MAX_BATCH);
      for (const { use, answer, reads } of this.#decided) settle(use, { answer, reads });
      return;
    }
    for (const { use } of this.#decided) use.sent = false;
    this.#turn.prolong();
    this.#counting.most = Math.max(Math.floor(this.#counting.most / 2), 1);
    await backOff(this.#counting.lost++, this.#deadline);
  }
}

function settle(use: Use, outcome: Outcome): void {
  use.outcome ??= outcome;
  use.wake();
}

function countingAt(store: object, key: string): Counting {
  const known = countings(store);
  let counting = known.get(key);
  if (counting === undefined) {
    counting = { uses: new Set(), lost: 0, most: MAX_BATCH };
    known.set(key, counting);
  }
  return counting;
}

function countings(store: object): Map<string, Counting> {
  let known = waiting.get(store);
  if (known === undefined) {
    known = new Map();
    waiting.set(store, known);
  }
  return known;
}
