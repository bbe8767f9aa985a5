import type { Duration } from './call.js';

/** Conditions on the request. All given members must be met; of a list, one item. */
export interface Conditions {
  /** Networks of the client, IPv4 and IPv6: `10.0.0.0/8`, `2001:db8::/32`, or single addresses. */
  ips?: readonly string[];
  /** Web origins: `https://portal.example`. */
  origins?: readonly string[];
  /** Audiences: the exact names of services that verify the token. */
  audiences?: readonly string[];
  /** Times of the request. */
  times?: TimeWindow;
}

/** Days of the week and hours. A window over midnight belongs to the day on which it begins. */
export interface TimeWindow {
  /** Default: every day. */
  days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** `08:00`. Default: the start of the day. */
  from?: string;
  /** `18:00`, not included. Default: the end of the day. */
  to?: string;
  /** The offset of these times from UTC: `+02:00`. Default: none. */
  utcOffset?: string;
}

/** What the host knows about a request. A condition on an unknown value is not met. */
export interface RequestContext {
  /** The client's address, from the connection or from a proxy that the host trusts. */
  ip?: string;
  /** The value of the header `Origin`. */
  origin?: string;
  /** The name of the verifying service. */
  audience?: string;
}

/** How often a token may be used. Verifications with `consume` count, as those of guards do. */
export interface Limits {
  /** A rate: `limit` uses per period, as a burst at first, then refilled evenly. */
  requests?: { limit: number; per: Duration };
  /**
   * A total, or a total until the next refill, which never exceeds `amount`. Used credits stay used
   * when the amount is edited.
   */
  credits?: {
    amount: number;
    /**
     * For create and edit: how many are left. Default: the amount minus the used credits. Records
     * do not have it: call `verify` with `consume: 0` for the rest.
     */
    remaining?: number;
    refill?: { amount: number; every: Duration };
  };
}

/** The {@link Limits} of a record, with its durations in milliseconds. */
export interface RecordedLimits {
  requests?: { limit: number; per: number };
  credits?: { amount: number; refill?: { amount: number; every: number } };
}
