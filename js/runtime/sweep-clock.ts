import { steadyClock } from './clock.js';

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
