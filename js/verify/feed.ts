/** The change feed, read at most once in each freshness window. */

import type { VerifyingCore } from '../core/verifying-core.js';
import { type Deadline, isThenable, withTimeout } from '../runtime/deadline.js';
import type { Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { readValues } from '../stores/response.js';
import { foreignStoreError, STORE_META } from '../stores/store-meta.js';

/** How many shards a reader assumes until it has read how many there are. */
const DEFAULT_SHARDS = 16;

/** When a read began: by the clock, and by one that nobody sets. */
interface ReadStart {
  /** Its number among the reads. No clock orders them: one that jumped and was set right again goes back. */
  order: number;
  at: number;
  steady: number;
  /** What an answer that rests on it is as of. */
  asOf: number;
}

/** A read that is under way. */
interface FeedRead {
  start: ReadStart;
  done: Promise<void>;
}

/** What is remembered of tokens is as new as the last read of the feed, counted from its start. */
export class Feed {
  readonly #core: VerifyingCore;
  readonly #settings: Settings;
  /** What a read reads. */
  #keys = feedKeys(DEFAULT_SHARDS);
  /** The start of the last read that the core has taken in. */
  #lastRead: ReadStart | undefined;
  /** The instance of the core that took it in. */
  #epoch = -1;
  #inFlight: FeedRead | undefined;
  #isAsync = false;
  /** How many reads were begun. */
  #readCount = 0;
  /** Counts the changes that this process has made itself. */
  #ownChanges = 0;
  /** As many of them as the last read has seen. */
  #ownChangesRead = 0;

  constructor(core: VerifyingCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
  }

  /** When the last read began. */
  get readAt(): number {
    return this.#lastRead?.asOf ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the store answered the last read with a promise. */
  get isAsync(): boolean {
    return this.#isAsync;
  }

  /** Whether the last read began within the window and after the last change by this process, and the core still has what it said. */
  isFresh(now: number, freshness: number): boolean {
    return (
      this.#lastRead !== undefined &&
      this.#ownChangesRead === this.#ownChanges &&
      this.#epoch === this.#core.epoch &&
      isWithin(this.#lastRead, now, freshness)
    );
  }

  /** Reads the feed again before the next answer: this process has changed something itself. */
  invalidate(): void {
    this.#ownChanges += 1;
    this.#inFlight = undefined;
  }

  /**
   * Waits for one read of the feed that is new enough for a verification that begins now: one that is under way and began within the
   * window, or its own. However long that read takes, it has seen all that was changed before it began.
   */
  async refresh(freshness: number, deadline: Deadline): Promise<void> {
    const under = this.#inFlight;
    const joined = under !== undefined && isWithin(under.start, this.#settings.now(), freshness);
    const reading = joined ? under : this.#startRead();
    if (reading === undefined) return;
    try {
      await withTimeout(reading.done, Math.min(deadline.left, deadline.total / 2), deadline.signal);
    } catch (cause) {
      // Nobody else is to wait for a read that may never end.
      if (!deadline.signal?.aborted && this.#inFlight === reading) this.#inFlight = undefined;
      throw cause;
    }
  }

  /** Reads the feed from a store that answers at once; `false` when this one does not: then its answer is for whoever waits. */
  refreshSync(freshness: number): boolean {
    const under = this.#inFlight;
    if (under !== undefined && isWithin(under.start, this.#settings.now(), freshness)) return false;
    return this.#startRead() === undefined;
  }

  /** Begins a read; nothing is under way when the store has answered at once. */
  #startRead(): FeedRead | undefined {
    const at = this.#settings.now();
    this.#readCount += 1;
    const start = {
      order: this.#readCount,
      at,
      steady: performance.now(),
      asOf: this.#settings.believed(at),
    };
    const doubts = this.#ownChanges;
    const keys = this.#keys;
    const answer = this.#settings.verifying.get([...keys]);
    this.#isAsync = isThenable(answer);
    if (!isThenable(answer)) {
      this.#apply(keys, answer, start, doubts);
      return undefined;
    }
    const done = Promise.resolve(answer).then((heads) => this.#apply(keys, heads, start, doubts));
    const reading = { start, done };
    this.#inFlight = reading;
    const over = () => {
      if (this.#inFlight === reading) this.#inFlight = undefined;
    };
    done.then(over, over);
    return reading;
  }

  #apply(keys: readonly string[], answer: unknown, start: ReadStart, doubts: number): void {
    const heads: Reads = { values: readValues(keys, answer), lists: [] };
    let shards: number;
    try {
      shards = this.#core.applyFeed(heads, start.order);
    } catch (failure) {
      throw foreignStoreError(heads, this.#settings.config.prefix) ?? failure;
    }
    // The heads that were not read yet, the core takes for lost until the next read.
    if (shards + 1 !== this.#keys.length) this.#keys = feedKeys(shards);
    // Of two reads that cross, the core keeps to the one that start later.
    const isLate =
      this.#epoch === this.#core.epoch && this.#lastRead !== undefined && start.order < this.#lastRead.order;
    this.#epoch = this.#core.epoch;
    if (isLate) return;
    this.#lastRead = start;
    this.#ownChangesRead = doubts;
  }
}

/** The heads of so many shards, and whose store it is: what stands in them is of one moment. */
function feedKeys(shards: number): readonly string[] {
  const digits = shards > 16 ? 2 : 1;
  const heads = Array.from({ length: shards }, (_, shard) => shard.toString(16).padStart(digits, '0'));
  return [...heads.map((shard) => `feed/${shard}`), STORE_META];
}

/** By both clocks: one may be set back, the other may sleep with its machine. */
function isWithin(start: ReadStart, now: number, freshness: number): boolean {
  return now - start.at < freshness && performance.now() - start.steady < freshness;
}
