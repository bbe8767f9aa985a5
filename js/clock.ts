import { LeastkeyError } from './errors.js';

/**
 * The host's clock, in milliseconds since the epoch, with the mark of the highest instant that it has shown: set back, it
 * stands still until it has caught up, so that no expired token lives again. An instant that cannot be read stops the call:
 * it would never find anything expired.
 */
export function steadyClock(now: () => number): () => number {
  let highest = 0;
  return () => {
    highest = Math.max(highest, readInstant(now()));
    return highest;
  };
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
