import type { Duration } from '../input/duration.js';

/** How much a token may be used. Only verifications that are given `consume` count against it. */
export interface Limits {
  /** So many in a stretch of time: all at once, and from then on evenly. */
  requests?: { limit: number; per: Duration };
  /** So many in all, or until the next refill, which never makes more than the amount. What was used stays used when the amount is edited. */
  credits?: {
    amount: number;
    /**
     * Of create and edit: how many are left from now on. Without it as many as the amount, less those that were used. A record does not
     * have it: `verify` with `consume: 0` tells what is left.
     */
    remaining?: number;
    refill?: { amount: number; every: Duration };
  };
}
