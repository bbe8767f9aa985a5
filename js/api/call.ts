/** Options of every call. */
export interface CallOptions {
  /**
   * Aborts the call: it rejects with the signal's reason. A commit in flight may still be applied.
   */
  signal?: AbortSignal;
}

/**
 * Milliseconds, or a whole number and a unit: `'500ms'`, `'5s'`, `'10m'`, `'12h'`, `'90d'`, `'2w'`.
 */
export type Duration = number | string;

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
