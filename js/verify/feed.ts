/** The change feed, read at most once in each freshness window. */

import type { VerifyingCore } from '../core/verifying-core.js';
import { type Deadline, within } from '../runtime/deadline.js';
import type { Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { readValues } from '../stores/response.js';
import { notOurs, STORE_META } from '../stores/store-meta.js';
import { isPromise } from './verify-sync.js';

/** How many shards a reader assumes until it has read how many there are. */
const ASSUMED_SHARDS = 16;

/** When a read began: by the clock, and by one that nobody sets. */
interface Start {
  /** Its number among the reads. No clock orders them: one that jumped and was set right again goes back. */
  order: number;
  at: number;
  steady: number;
  /** What an answer that rests on it is as of. */
  asOf: number;
}

/** A read that is under way. */
interface Reading {
  began: Start;
  done: Promise<void>;
}

/** What is remembered of tokens is as new as the last read of the feed, counted from its start. */
export class Feed {
  readonly #core: VerifyingCore;
  readonly #settings: Settings;
  /** What a read reads. */
  #keys = feedKeys(ASSUMED_SHARDS);
  /** The start of the last read that the core has taken in. */
  #began: Start | undefined;
  /** The instance of the core that took it in. */
  #epoch = -1;
  #reading: Reading | undefined;
  #answersLater = false;
  /** How many reads were begun. */
  #begun = 0;
  /** Counts the changes that this process has made itself. */
  #doubts = 0;
  /** As many of them as the last read has seen. */
  #settled = 0;

  constructor(core: VerifyingCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
  }

  /** When the last read began. */
  get readAt(): number {
    return this.#began?.asOf ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the store answered the last read with a promise: then nobody is to expect that it answers the next one at once. */
  get answersLater(): boolean {
    return this.#answersLater;
  }

  /** Whether the last read began within the window and after the last change by this process, and the core still has what it said. */
  isFresh(now: number, freshness: number): boolean {
    return (
      this.#began !== undefined &&
      this.#settled === this.#doubts &&
      this.#epoch === this.#core.epoch &&
      isWithin(this.#began, now, freshness)
    );
  }

  /** Reads the feed again before the next answer: this process has changed something itself. */
  doubt(): void {
    this.#doubts += 1;
    this.#reading = undefined;
  }

  /**
   * Waits for one read of the feed that is new enough for a verification that begins now: one that is under way and began within the
   * window, or its own. However long that read takes, it has seen all that was changed before it began.
   */
  async refresh(freshness: number, deadline: Deadline): Promise<void> {
    const under = this.#reading;
    const joined = under !== undefined && isWithin(under.began, this.#settings.now(), freshness);
    const reading = joined ? under : this.#begin();
    if (reading === undefined) return;
    try {
      await within(reading.done, Math.min(deadline.left, deadline.whole / 2), deadline.signal);
    } catch (cause) {
      // Nobody else is to wait for a read that may never end.
      if (!deadline.signal?.aborted && this.#reading === reading) this.#reading = undefined;
      throw cause;
    }
  }

  /** Reads the feed from a store that answers at once; `false` when this one does not: then its answer is for whoever waits. */
  refreshNow(freshness: number): boolean {
    const under = this.#reading;
    if (under !== undefined && isWithin(under.began, this.#settings.now(), freshness)) return false;
    return this.#begin() === undefined;
  }

  /** Begins a read; nothing is under way when the store has answered at once. */
  #begin(): Reading | undefined {
    const at = this.#settings.now();
    this.#begun += 1;
    const began = { order: this.#begun, at, steady: performance.now(), asOf: this.#settings.believed(at) };
    const doubts = this.#doubts;
    const keys = this.#keys;
    const answer = this.#settings.verifying.get([...keys]);
    this.#answersLater = isPromise(answer);
    if (!isPromise(answer)) {
      this.#takeIn(keys, answer, began, doubts);
      return undefined;
    }
    const done = Promise.resolve(answer).then((heads) => this.#takeIn(keys, heads, began, doubts));
    const reading = { began, done };
    this.#reading = reading;
    const over = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    done.then(over, over);
    return reading;
  }

  #takeIn(keys: readonly string[], answer: unknown, began: Start, doubts: number): void {
    const heads: Reads = { values: readValues(keys, answer), lists: [] };
    let shards: number;
    try {
      shards = this.#core.takeIn(heads, began.order);
    } catch (failure) {
      throw notOurs(heads, this.#settings.config.prefix) ?? failure;
    }
    // The heads that were not read yet, the core takes for lost until the next read.
    if (shards + 1 !== this.#keys.length) this.#keys = feedKeys(shards);
    // Of two reads that cross, the core keeps to the one that began later.
    const isLate =
      this.#epoch === this.#core.epoch && this.#began !== undefined && began.order < this.#began.order;
    this.#epoch = this.#core.epoch;
    if (isLate) return;
    this.#began = began;
    this.#settled = doubts;
  }
}

/** The heads of so many shards, and whose store it is: what stands in them is of one moment. */
function feedKeys(shards: number): readonly string[] {
  const digits = shards > 16 ? 2 : 1;
  const heads = Array.from({ length: shards }, (_, shard) => shard.toString(16).padStart(digits, '0'));
  return [...heads.map((shard) => `feed/${shard}`), STORE_META];
}

/** By both clocks: one may be set back, the other may sleep with its machine. */
function isWithin(began: Start, now: number, freshness: number): boolean {
  return now - began.at < freshness && performance.now() - began.steady < freshness;
}
