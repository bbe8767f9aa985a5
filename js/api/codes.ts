/** Why a management call failed. */
export type ErrorCode =
  /** The token does not exist, or this actor may not see it. */
  | 'not_found'
  /** The actor has no authority over this owner. */
  | 'forbidden'
  /** Other writers won every commit until the deadline; nothing was changed. */
  | 'conflict'
  /** The owner has a token of this name already. */
  | 'name_taken'
  /** The request exceeds what the actor has. */
  | 'exceeds_ceiling'
  /** An argument is wrong. The message says which, and what is expected. */
  | 'invalid_input'
  /** The token is revoked, which is final. */
  | 'terminal'
  /** The token has the most valid sessions that its kind allows. */
  | 'too_many_sessions'
  /** The credential to exchange is not valid. */
  | 'invalid_token'
  /**
   * The answer of a commit was lost: read again, or repeat the call with the same idempotency key.
   */
  | 'outcome_unknown'
  /** The random number generator failed; nothing was created. */
  | 'rng_failed'
  /** The store could not be read, or reported that nothing was changed. */
  | 'store_unavailable'
  /**
   * The clock is unreadable or has jumped: nothing with an expiry is created until it is right
   * again.
   */
  | 'clock_unreliable'
  /** The deadline passed before the commit; nothing was changed. */
  | 'deadline_exceeded'
  /** The WebAssembly core stopped. A fresh instance serves the next call. Please report it. */
  | 'internal';

/** The result of a verification. Only `valid` admits a request. */
export type VerdictCode =
  /** The request may pass. */
  | 'valid'
  /** No credential was presented. */
  | 'missing'
  /** The text cannot be a credential of this deployment. */
  | 'malformed'
  /** More than one credential was presented. */
  | 'ambiguous_credentials'
  /** The check digits are wrong: mistyped or invented. */
  | 'bad_checksum'
  /** No token has this id: it never existed, or was deleted. */
  | 'unknown'
  /** The token exists, but this is not its secret. */
  | 'bad_secret'
  /** The token is disabled, until it is enabled. */
  | 'disabled'
  /** The token was revoked, for good. */
  | 'revoked'
  /** Its expiry has passed. */
  | 'expired'
  /** Its `notBefore` has not come. */
  | 'not_yet_valid'
  /** It was not used for longer than its idle time. */
  | 'idle_expired'
  /** A rotation has replaced this secret. */
  | 'rotated_out'
  /** The account of its owner, or of its technical user, is disabled or deleted. */
  | 'owner_inactive'
  /** The request does not meet a condition of the token: address, origin, audience or time. */
  | 'condition_failed'
  /** It lacks a permission that the request needs. */
  | 'insufficient_permission'
  /** No route of the catalog matches the request. */
  | 'no_route'
  /** It has the permission, but not on this resource. */
  | 'outside_resource'
  /** It was used too often in a time. `retryAfter` tells when it may be used again. */
  | 'rate_limited'
  /** Its credits are used up. */
  | 'usage_exceeded'
  /** The store could not be read, or a stored value is damaged. */
  | 'store_unavailable'
  /** The clock is unreadable or has jumped, so no expiry can be checked. */
  | 'clock_unreliable'
  /** The use could not be counted in time. Nothing was counted. */
  | 'deadline_exceeded';

/** The error of a bearer challenge, RFC 6750 §3.1. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/**
 * The refusals that do not come from the core: before it gets a credential, or if the store is
 * unreachable. All other verdicts have their status and error from the core's table.
 */
export const WRAPPER_REFUSALS = {
  /** No credential: a bare challenge. */
  missing: { code: 'missing', status: 401 },
  /** A malformed `Authorization` header. */
  malformedHeader: { code: 'malformed', status: 400, error: 'invalid_request' },
  /** A malformed credential in a well-formed header: the same response as for an unknown one. */
  malformedCredential: { code: 'malformed', status: 401, error: 'invalid_token' },
  /** More than one credential. */
  ambiguous: { code: 'ambiguous_credentials', status: 400, error: 'invalid_request' },
  /** No route matches. A client gets the same response as for `insufficient_permission`. */
  noRoute: { code: 'no_route', status: 403, error: 'insufficient_scope' },
  /** The store did not answer. */
  storeUnavailable: { code: 'store_unavailable', status: 503 },
  /** The clock is unreadable, so no expiry can be checked. */
  clockUnreliable: { code: 'clock_unreliable', status: 503 },
  /** A use could not be counted in time because of other uses. Nothing was counted. */
  deadlineExceeded: { code: 'deadline_exceeded', status: 503 },
} as const satisfies Record<string, { code: VerdictCode; status: number; error?: BearerError }>;

/** One problem of a call or a catalog, and where it is. */
export interface Problem {
  /** A JSON path (`$.templates.sender.permissions[0]`) or the name of an option. */
  path: string;
  message: string;
}
