import { LeastkeyError } from './errors.js';

/** The instant by the host's clock. One that cannot be read stops the call: it would never find anything expired. */
export function readClock(now: () => number): number {
  const instant = Math.floor(now());
  if (Number.isSafeInteger(instant) && instant >= 0) return instant;
  throw new LeastkeyError(
    'invalid_input',
    'now: the clock must return milliseconds since the epoch, from 0 to 2^53 - 1',
    {
      path: 'now',
    },
  );
}
