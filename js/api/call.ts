/** What every operation can be given for one call. */
export interface CallOptions {
  /**
   * Ends the call early: it rejects with the signal's reason. A change that had been handed to the store by then may have
   * been applied.
   */
  signal?: AbortSignal;
}

/** Milliseconds, or a whole number and a unit: `'500ms'`, `'5s'`, `'10m'`, `'12h'`, `'90d'`, `'2w'`. */
export type Duration = number | string;

/** `Headers`, of this realm or another. */
export interface HeadersLike {
  get(name: string): string | null | undefined;
}

/** `Request`, of this realm or another. */
export interface RequestLike {
  readonly headers: HeadersLike;
}

/** Where a credential is read from: the bare text, or the `Authorization` header (RFC 6750 §2.1). */
export type CredentialSource = string | HeadersLike | RequestLike | null | undefined;

/** What a guard looks at of a request: a `Request`, of this realm or another, or what {@link requestOf} makes for node:http. */
export interface GuardRequest {
  readonly method: string;
  /** An absolute URL. Its path is taken as it stands: what two servers could read in two ways matches no route. */
  readonly url: string;
  readonly headers: HeadersLike;
}
