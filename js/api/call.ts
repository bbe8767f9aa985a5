/** Options of every call. */
export interface CallOptions {
  /**
   * Aborts the call: it rejects with the signal's reason. A commit in flight may still be applied.
   */
  signal?: AbortSignal;
}

/**
 * A whole number and a unit: `'500ms'`, `'5s'`, `'10m'`, `'12h'`, `'90d'`, `'2w'`. Lifetimes also
 * take ISO 8601: `'P90D'`. A number without a unit is refused.
 */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}` | `P${string}`;

/**
 * A point in time: a `Date`, a date of ISO 8601 (`'2027-01-31'`, in UTC), an instant with its
 * offset (`'2027-01-31T17:00+01:00'`), or milliseconds since the epoch.
 */
export type Instant = Date | number | string;

/** `Headers`, of this realm or another. */
export interface HeadersLike {
  get(name: string): string | null | undefined;
}

/** `Request`, of this realm or another. */
export interface RequestLike {
  readonly headers: HeadersLike;
}

/** The source of a credential: the bare text, or the `Authorization` header (RFC 6750 §2.1). */
export type CredentialSource = string | HeadersLike | RequestLike | null | undefined;

/**
 * The parts of a request that a guard reads: a `Request` of any realm, or {@link requestOf} for
 * node:http.
 */
export interface GuardRequest {
  readonly method: string;
  /** An absolute URL. Its path is used verbatim: an ambiguous path matches no route. */
  readonly url: string;
  readonly headers: HeadersLike;
}
