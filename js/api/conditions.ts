import type { Duration } from './call.js';

/**
 * What must be true of a request, beside what the token may do. All that are given must be met; of
 * a list, one item.
 */
export interface Conditions {
  /**
   * Networks that it may come from, IPv4 and IPv6: `10.0.0.0/8`, `2001:db8::/32`, or single
   * addresses.
   */
  ips?: readonly string[];
  /** Web origins that it may come from: `https://portal.example`. */
  origins?: readonly string[];
  /** For whom it may be: exact texts that the service which verifies calls itself by. */
  audiences?: readonly string[];
  /** When it may come. */
  times?: TimeWindow;
}

/**
 * Days of the week, and a part of them. One that goes over midnight belongs to the day on which it
 * began.
 */
export interface TimeWindow {
  /** Default: every day. */
  days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** `08:00`. Default: the start of the day. */
  from?: string;
  /** `18:00`, not included. Default: the end of the day. */
  to?: string;
  /** What those times are ahead of UTC: `+02:00`. Default: nothing. */
  utcOffset?: string;
}

/** What the host knows of a request. A condition on what it does not know is not met. */
export interface RequestContext {
  /** The client's address, from the connection or from a proxy that the host trusts. */
  ip?: string;
  /** The value of the header `Origin`, whatever it is. */
  origin?: string;
  /** As whom the service verifies. */
  audience?: string;
}

/** How much a token may be used. Only verifications that are given `consume` count against it. */
export interface Limits {
  /** So many in a stretch of time: all at once, and from then on evenly. */
  requests?: { limit: number; per: Duration };
  /**
   * So many in all, or until the next refill, which never makes more than the amount. What was used
   * stays used when the amount is edited.
   */
  credits?: {
    amount: number;
    /**
     * Of create and edit: how many are left from now on. Without it as many as the amount, less
     * those that were used. A record does not have it: `verify` with `consume: 0` tells what is
     * left.
     */
    remaining?: number;
    refill?: { amount: number; every: Duration };
  };
}
