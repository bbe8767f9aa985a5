/** What must be true of a request, beside what the token may do. All that are given must hold. */
export interface Conditions {
  /** Networks that the request may come from, IPv4 or IPv6: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
  ip?: readonly string[];
  /** Origins that it may come from: `https://portal.example`. */
  origins?: readonly string[];
  /** Services that may take it. */
  audiences?: readonly string[];
}

/** What a request is, as the host knows it. A condition on something that is absent is not met. */
export interface RequestContext {
  /** The client's address, from the connection or a proxy that the host trusts. */
  ip?: string;
  /** The value of the header `Origin`. */
  origin?: string;
  /** The service that asks. */
  audience?: string;
}
