import type { Duration } from './duration.js';

/** How much a token may be used. Only verifications that are given `consume` count against it. */
export interface Limits {
  /** So many in a stretch of time: all at once, and from then on evenly. */
  requests?: { limit: number; per: Duration };
  /** So many in all, or until the next refill, which never makes more than the amount. */
  credits?: { amount: number; refill?: { amount: number; every: Duration } };
}
