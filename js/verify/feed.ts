/** The change feed, read at most once in each freshness window. */

import type { VerifyCore } from '../core/verify-core.js';
import type { Clock } from '../runtime/clock.js';
import { type Deadline, isThenable, withTimeout } from '../runtime/deadline.js';
import type { Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { readValues } from '../stores/response.js';
import { feedHeads, foreignStoreError, STORE_META } from '../stores/store-meta.js';

/** The number of shards until the first read tells it. */
const DEFAULT_SHARDS = 16;

/**
 * Pushes make the feed read once in a tenth of the window at most, and within these bounds: many
 * pushes cause few reads. In milliseconds.
 */
const PUSH_SHARE = 10;
const MIN_PUSH_WINDOW = 50;
const MAX_PUSH_WINDOW = 1_000;

/** When a read began: by the host's clock and by the monotonic clock. */
interface ReadStart {
  /** The number of the read. It orders reads; a clock that jumped and was set right does not. */
  order: number;
  at: number;
  steady: number;
  /** The `asOf` of verdicts that rest on this read. */
  asOf: number;
}

/** A read in flight. */
interface FeedRead {
  start: ReadStart;
  done: Promise<void>;
}

/** Reads the change feed. The cache is as fresh as the start of the last read. */
export class Feed {
  readonly #core: VerifyCore;
  readonly #settings: Settings;
  readonly #clock: Clock;
  /** The keys of one read. */
  #keys = feedKeys(DEFAULT_SHARDS);
  /** The start of the last read that was applied. */
  #lastRead: ReadStart | undefined;
  /** The instance of the core that it was applied to. */
  #epoch = -1;
  #inFlight: FeedRead | undefined;
  #isAsync = false;
  /** How many reads have begun. */
  #readCount = 0;
  /** The start of the last read, also of one that failed. */
  #lastStart: ReadStart | undefined;
  /** Whether a push has come since then. */
  #isPushed = false;
  /** How many changes this process has made. */
  #ownChanges = 0;
  /** How many of them the last read covers. */
  #ownChangesRead = 0;

  constructor(core: VerifyCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
    this.#clock = settings.clock;
  }

  /** When the last read began. */
  get readAt(): number {
    return this.#lastRead?.asOf ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the store answered the last read with a promise. */
  get isAsync(): boolean {
    return this.#isAsync;
  }

  /**
   * Whether the last read began within the window, by the clock's last reading `now`, and after the
   * last change by this process, in the instance of the core that is running.
   */
  isFresh(now: number, freshness: number): boolean {
    const last = this.#lastRead;
    return (
      last !== undefined &&
      this.#ownChangesRead === this.#ownChanges &&
      this.#epoch === this.#core.epoch &&
      isWithin(last, now, this.#clock.steady, freshness) &&
      !(this.#isPushed && this.#answersPush(now, freshness))
    );
  }

  /**
   * Something may have changed: the window ends early. A push that is lost, or wrong, changes
   * nothing but that.
   */
  notePush(): void {
    this.#isPushed = true;
  }

  /** Whether it is long enough since the last read to begin one for a push. */
  #answersPush(now: number, freshness: number): boolean {
    const last = this.#lastStart;
    const window = Math.min(Math.max(freshness / PUSH_SHARE, MIN_PUSH_WINDOW), MAX_PUSH_WINDOW);
    return last === undefined || !isWithin(last, now, this.#clock.steady, window);
  }

  /** Makes the next verification read the feed: this process has changed something. */
  invalidate(): void {
    this.#ownChanges += 1;
    this.#inFlight = undefined;
  }

  /**
   * Awaits a read that is fresh enough for a verification that begins now: the one in flight if it
   * began within the window, else its own. A read covers every change before its start, however
   * long it takes.
   */
  async refresh(freshness: number, deadline: Deadline): Promise<void> {
    const inFlight = this.#inFlight;
    const joined = inFlight !== undefined && this.#isWithin(inFlight, freshness);
    const reading = joined ? inFlight : this.#startRead();
    if (reading === undefined) return;
    try {
      await withTimeout(reading.done, Math.min(deadline.left, deadline.total / 2), deadline.signal);
    } catch (cause) {
      // No other call should wait for a read that may never end.
      if (!deadline.signal?.aborted && this.#inFlight === reading) this.#inFlight = undefined;
      throw cause;
    }
  }

  /** Reads the feed from a synchronous store; `false` if a read is in flight. */
  refreshSync(freshness: number): boolean {
    const inFlight = this.#inFlight;
    if (inFlight !== undefined && this.#isWithin(inFlight, freshness)) return false;
    return this.#startRead() === undefined;
  }

  #isWithin({ start }: FeedRead, freshness: number): boolean {
    const now = this.#clock.now();
    if (this.#isPushed && this.#answersPush(now, freshness)) return false;
    return isWithin(start, now, this.#clock.steady, freshness);
  }

  /** Starts a read; `undefined` if the store answered synchronously. */
  #startRead(): FeedRead | undefined {
    const at = this.#clock.now();
    this.#readCount += 1;
    const start = {
      order: this.#readCount,
      at,
      steady: this.#clock.steady,
      asOf: this.#clock.believed(at),
    };
    this.#lastStart = start;
    this.#isPushed = false;
    const changes = this.#ownChanges;
    const keys = this.#keys;
    const answer = this.#settings.verifying.get([...keys]);
    this.#isAsync = isThenable(answer);
    if (!isThenable(answer)) {
      this.#apply(keys, answer, start, changes);
      return undefined;
    }
    const done = Promise.resolve(answer).then((heads) => this.#apply(keys, heads, start, changes));
    const reading = { start, done };
    this.#inFlight = reading;
    const over = () => {
      if (this.#inFlight === reading) this.#inFlight = undefined;
    };
    done.then(over, over);
    return reading;
  }

  #apply(keys: readonly string[], answer: unknown, start: ReadStart, changes: number): void {
    const heads: Reads = { values: readValues(keys, answer), lists: [] };
    let shards: number;
    try {
      shards = this.#core.applyFeed(heads, start.order);
    } catch (failure) {
      throw foreignStoreError(heads, this.#settings.config.prefix) ?? failure;
    }
    // Until the next read the core treats the heads that were not read as unknown.
    if (shards + 1 !== this.#keys.length) this.#keys = feedKeys(shards);
    // Of two overlapping reads, the core keeps the one that began later.
    const isLate =
      this.#epoch === this.#core.epoch && this.#lastRead !== undefined && start.order < this.#lastRead.order;
    this.#epoch = this.#core.epoch;
    if (isLate) return;
    this.#lastRead = start;
    this.#ownChangesRead = changes;
  }
}

/** By both clocks: one may be set back, the other may be suspended with its machine. */
function isWithin(start: ReadStart, now: number, steady: number, freshness: number): boolean {
  return now - start.at < freshness && steady - start.steady < freshness;
}

/** The keys of the heads of all shards, and of the deployment's prefix: one consistent read. */
function feedKeys(shards: number): readonly string[] {
  return [...feedHeads(shards), STORE_META];
}
