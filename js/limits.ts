import type { Duration } from './duration.js';

/** How often a token may be used. Only verifications that are given `consume` count. */
export interface Limits {
  /** So many uses in any window of that length, evenly refilled. */
  rate?: { uses: number; per: Duration };
  /** So many uses in all. */
  credits?: { uses: number; refill?: { uses: number; every: Duration } };
}
