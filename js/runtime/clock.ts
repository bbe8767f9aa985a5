import { LeastkeyError } from '../api/errors.js';

/** How far readings may be apart that are all taken for right, and how long one must hold that jumped; src/time.rs has the same. */
const MAX_DRIFT = 60_000;

/** What a call is decided by. */
export interface Moment {
  /** The host's own reading: what is made ends by it. */
  now: number;
  /** The highest instant that was taken for the time. It only refuses. */
  highest: number;
}

/** The host's clock, in milliseconds since the epoch. An instant that cannot be read stops the call: it would never find anything expired. */
export interface Clock {
  /** The time by which tokens are refused: the later of both. */
  now(): number;
  /** The host's own reading. */
  reading(): number;
  moment(): Moment;
  /** An instant that was read, no later than the time is taken for: while a reading that jumped is in quarantine, that is where the clock should be. */
  believed(instant: number): number;
}

/** A reading that jumped. */
interface Jump {
  /** What was read first, and when that was by the steady clock. */
  reading: number;
  since: number;
}

/**
 * The host's clock with a mark of the highest instant that it has shown: set back, it goes on from there only once it has caught up, so that
 * no expired token lives again.
 *
 * With a `steady` clock beside it, which nobody sets, a reading that runs ahead of that is in quarantine. It refuses at once, and nothing is
 * made by it. It becomes the mark only if it holds for a minute; otherwise it is forgotten, and `onJump` is told.
 */
export function steadyClock(
  now: () => number,
  steady?: () => number,
  onJump: (error: LeastkeyError) => void = () => {},
): Clock {
  return steady === undefined ? new MonotonicClock(now) : new GuardedClock(now, steady, onJump);
}

/** A clock with a mark and nothing to compare it with. */
class MonotonicClock implements Clock {
  readonly #now: () => number;
  #highest = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    this.reading();
    return this.#highest;
  }

  reading(): number {
    const reading = readInstant(this.#now());
    if (reading > this.#highest) this.#highest = reading;
    return reading;
  }

  moment(): Moment {
    return { now: this.reading(), highest: this.#highest };
  }

  believed(instant: number): number {
    return instant;
  }
}

/** A clock beside one that nobody sets. */
class GuardedClock implements Clock {
  readonly #now: () => number;
  readonly #steady: () => number;
  readonly #onJump: (error: LeastkeyError) => void;
  /** The mark, and when it was read by the steady clock. */
  #highest = Number.NaN;
  #markedAt = 0;
  #jump: Jump | undefined;

  constructor(now: () => number, steady: () => number, onJump: (error: LeastkeyError) => void) {
    this.#now = now;
    this.#steady = steady;
    this.#onJump = onJump;
  }

  now(): number {
    return Math.max(this.reading(), this.#highest);
  }

  reading(): number {
    const reading = readInstant(this.#now());
    const steady = this.#steady();
    // Not so before the first reading, with which nothing can be compared.
    const isAhead = reading - this.#expected(steady) > MAX_DRIFT;
    if (isAhead && !this.#isConfirmed(reading, steady)) return reading;
    if (this.#jump !== undefined) this.#endQuarantine(isAhead, reading);
    if (Number.isNaN(this.#highest) || reading >= this.#highest) {
      this.#highest = reading;
      this.#markedAt = steady;
    }
    return reading;
  }

  moment(): Moment {
    const now = this.reading();
    // A mark that time went by since: what stands in quarantine is compared with where the clock should be.
    const highest = this.#jump === undefined ? this.#highest : Math.floor(this.#expected(this.#steady()));
    return { now, highest };
  }

  believed(instant: number): number {
    if (this.#jump === undefined) return instant;
    return Math.min(instant, Math.floor(this.#expected(this.#steady())));
  }

  /** Where the mark would be now. */
  #expected(steady: number): number {
    return this.#highest + (steady - this.#markedAt);
  }

  /** Whether a reading that is ahead has gone on for a minute from where it jumped to. */
  #isConfirmed(reading: number, steady: number): boolean {
    const jump = this.#jump;
    if (jump === undefined || Math.abs(reading - jump.reading - (steady - jump.since)) > MAX_DRIFT) {
      this.#jump = { reading, since: steady };
      return false;
    }
    return steady - jump.since >= MAX_DRIFT;
  }

  /** The end of a quarantine: the jump held, or the clock was set right. */
  #endQuarantine(held: boolean, reading: number): void {
    const jumped = isoOf(this.#jump?.reading);
    this.#jump = undefined;
    if (held) return;
    const message = `the clock jumped to ${jumped} and reads ${isoOf(reading)} again: the jump is forgotten. Meanwhile what would have been over by then was refused, and nothing was made`;
    this.#onJump(new LeastkeyError('clock_unreliable', message));
  }
}

function isoOf(instant: number | undefined): string {
  const date = new Date(instant ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? String(instant) : date.toISOString();
}

function readInstant(reading: number): number {
  const instant = typeof reading === 'number' ? Math.floor(reading) : Number.NaN;
  if (Number.isSafeInteger(instant) && instant >= 0) return instant;
  throw new LeastkeyError(
    'clock_unreliable',
    'now: the clock must return milliseconds since the epoch, from 0 to 2^53 - 1',
    {
      path: 'now',
    },
  );
}

/**
 * By which clock a store drops what has expired. A reading of the host's clock that jumped ahead must not drop what lives on: it is compared
 * with a clock that nobody sets, and not believed until it has held for a minute. A clock that the host gives is taken as it is.
 */
export function sweepClock(now: (() => number) | undefined): () => number {
  if (now !== undefined) return now;
  const clock = steadyClock(
    () => Date.now(),
    () => performance.now(),
  );
  return () => clock.moment().highest;
}
