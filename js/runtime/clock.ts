import { LeastkeyError } from '../api/errors.js';

/**
 * The most that correct readings differ, in milliseconds, and how long a reading that jumped must
 * hold until it is trusted. src/value/time.rs has the same value.
 */
const MAX_DRIFT = 60_000;

/** The instants that a call is decided by. */
export interface Moment {
  /** The host's clock reading. Expiries of new tokens are computed from it. */
  now: number;
  /** The highest trusted reading. It can only refuse. */
  highest: number;
}

/**
 * The host's clock, in milliseconds since the epoch. An unreadable instant fails the call, because
 * compared with it nothing would be expired.
 */
export interface Clock {
  /** The time for refusals: the later of reading and highest trusted reading. */
  now(): number;
  /** By the monotonic clock: when the host's clock was read last. */
  readonly steady: number;
  /** The host's clock reading. */
  reading(): number;
  moment(): Moment;
  /**
   * An instant that was read, capped at the trusted time: while a jumped reading is in quarantine,
   * that is where the clock should be.
   */
  believed(instant: number): number;
}

/** A reading that jumped ahead. */
interface Jump {
  /** The first such reading, and when it was by the monotonic clock. */
  reading: number;
  since: number;
}

/**
 * A clock that the host passes, with the highest reading so far: after the clock was set back, time
 * continues from there, so that no expired token becomes valid again.
 */
export function hostClock(now: () => number): Clock {
  return new MonotonicClock(now, false);
}

/**
 * {@link hostClock} for the platform's clock, compared with a monotonic one. A reading that runs
 * ahead of `steady` is quarantined. It refuses at once, and nothing is created with it. It is
 * trusted only after it has held for a minute; otherwise it is dropped, and `onJump` is called.
 */
export function guardedClock(
  now: () => number,
  steady: () => number,
  onJump: (error: LeastkeyError) => void = () => {},
): Clock {
  return new GuardedClock(now, steady, onJump);
}

/** {@link hostClock} for a platform that has no other clock. */
export function soleClock(now: () => number): Clock {
  return new MonotonicClock(now, true);
}

/** A clock that never goes back. It has no monotonic clock to compare with. */
class MonotonicClock implements Clock {
  steady = 0;
  readonly #now: () => number;
  readonly #isSole: boolean;
  #last = 0;
  #highest = 0;

  constructor(now: () => number, isSole: boolean) {
    this.#now = now;
    this.#isSole = isSole;
  }

  now(): number {
    this.reading();
    return this.#highest;
  }

  reading(): number {
    const reading = readInstant(this.#now());
    if (!this.#isSole) this.steady = performance.now();
    // The sum of the steps forward: it goes on where the clock was set back.
    else if (reading > this.#last) this.steady += reading - this.#last;
    this.#last = reading;
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

/** A clock that is compared with a monotonic one. */
class GuardedClock implements Clock {
  steady = 0;
  readonly #now: () => number;
  readonly #steady: () => number;
  readonly #onJump: (error: LeastkeyError) => void;
  /** The highest trusted reading, and when it was read by the monotonic clock. */
  #highest = Number.NaN;
  #markedAt = 0;
  #jump: Jump | undefined;

  constructor(now: () => number, steady: () => number, onJump: (error: LeastkeyError) => void) {
    this.#now = now;
    this.#steady = steady;
    this.#onJump = onJump;
  }

  now(): number {
    const reading = this.#now();
    const steady = this.#steady();
    const step = reading - this.#highest;
    // Nearly always: the clock has moved on, and is not ahead of the monotonic one.
    if (
      step >= 0 &&
      step - (steady - this.#markedAt) <= MAX_DRIFT &&
      this.#jump === undefined &&
      Math.floor(reading) === reading
    ) {
      this.steady = steady;
      this.#highest = reading;
      this.#markedAt = steady;
      return reading;
    }
    return Math.max(this.#read(reading, steady), this.#highest);
  }

  reading(): number {
    return this.#read(this.#now(), this.#steady());
  }

  #read(unchecked: number, steady: number): number {
    const reading = readInstant(unchecked);
    this.steady = steady;
    // Never true before the first reading, which has nothing to compare with.
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
    // In quarantine, the highest trusted reading plus the time since.
    const highest = this.#jump === undefined ? this.#highest : Math.floor(this.#expected(this.#steady()));
    return { now, highest };
  }

  believed(instant: number): number {
    if (this.#jump === undefined) return instant;
    return Math.min(instant, Math.floor(this.#expected(this.#steady())));
  }

  /** What the host's clock should read now. */
  #expected(steady: number): number {
    return this.#highest + (steady - this.#markedAt);
  }

  /** Whether a reading that jumped ahead has advanced normally for a minute. */
  #isConfirmed(reading: number, steady: number): boolean {
    const jump = this.#jump;
    if (jump === undefined || Math.abs(reading - jump.reading - (steady - jump.since)) > MAX_DRIFT) {
      this.#jump = { reading, since: steady };
      return false;
    }
    return steady - jump.since >= MAX_DRIFT;
  }

  /** Ends a quarantine: the jump held, or the clock was set right. */
  #endQuarantine(held: boolean, reading: number): void {
    const jumped = isoOf(this.#jump?.reading);
    this.#jump = undefined;
    if (held) return;
    const message = `the clock jumped to ${jumped} and now reads ${isoOf(reading)}, so the jump was ignored. Meanwhile, tokens that would have expired by then were refused, and none was created`;
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
 * The clock by which a store deletes expired values. A jumped reading must not delete values that
 * are still valid, so it is quarantined. A clock that the host passes is used as it is.
 */
export function sweepClock(now: (() => number) | undefined): () => number {
  if (now !== undefined) return now;
  const clock = guardedClock(
    () => Date.now(),
    () => performance.now(),
  );
  return () => clock.moment().highest;
}
