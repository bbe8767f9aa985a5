/** The change feed, read at most once in each freshness window. */

import type { Reads } from '../boundary.js';
import type { ConfiguredCore } from '../core.js';
import type { Settings } from '../options.js';
import { readValues } from '../stored.js';
import { type Deadline, within } from '../time-limit.js';
import { isPromise } from './at-once.js';

/** One of 16 heads each. */
const HEADS = Array.from({ length: 16 }, (_, shard) => `feed/${shard.toString(16)}`);

/** What is remembered of tokens is as new as the last read of the feed, counted from its start. */
export class Feed {
  readonly #core: ConfiguredCore;
  readonly #settings: Settings;
  #readAt = Number.NEGATIVE_INFINITY;
  #epoch = -1;
  #reading: { startedAt: number; done: Promise<void> } | undefined;

  constructor(core: ConfiguredCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
  }

  /** When the last read began. */
  get readAt(): number {
    return this.#readAt;
  }

  /** Whether the last read began within the window, and the core still has what it said. */
  isFresh(now: number, freshness: number): boolean {
    return now - this.#readAt < freshness && this.#epoch === this.#core.epoch;
  }

  /** Reads the feed again before the next answer: this process has changed something itself. */
  doubt(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  /** Waits until the feed was read within the window. Whoever asks while a read is under way that began in time waits for it. */
  async refresh(freshness: number, deadline: Deadline): Promise<void> {
    while (!this.isFresh(this.#settings.now(), freshness)) {
      deadline.refusePassed();
      const under = this.#reading;
      const reading =
        under !== undefined && this.#settings.now() - under.startedAt < freshness ? under : this.#begin();
      await within(reading.done, Math.min(deadline.left, deadline.whole / 2), deadline.signal);
    }
  }

  /** Reads the feed from a store that answers at once; `false` when this one does not. */
  refreshNow(): boolean {
    const startedAt = this.#settings.now();
    const answer = this.#settings.verifying.get([...HEADS]);
    if (isPromise(answer)) {
      answer.then(undefined, () => {});
      return false;
    }
    this.#takeIn(answer, startedAt);
    return true;
  }

  #begin(): { startedAt: number; done: Promise<void> } {
    const startedAt = this.#settings.now();
    const reading = { startedAt, done: this.#read(startedAt) };
    this.#reading = reading;
    const over = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.done.then(over, over);
    return reading;
  }

  async #read(startedAt: number): Promise<void> {
    this.#takeIn(await this.#settings.verifying.get([...HEADS]), startedAt);
  }

  #takeIn(answer: unknown, startedAt: number): void {
    const heads: Reads = { values: readValues(HEADS, answer), lists: [] };
    this.#core.takeIn(heads, startedAt);
    this.#epoch = this.#core.epoch;
    this.#readAt = Math.max(this.#readAt, startedAt);
  }
}
