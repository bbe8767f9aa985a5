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
