/** Why a management call failed. */
export type ErrorCode =
  /** No such token, or none that this actor may see. */
  | 'not_found'
  /** The actor has no authority over this owner. */
  | 'forbidden'
  /** Other writers were faster until the deadline; nothing was changed. */
  | 'conflict'
  /** The owner has a token of this name already. */
  | 'name_taken'
  /** More was asked for than the actor has. */
  | 'exceeds_ceiling'
  /** An argument is wrong; the message says which and what would be right. */
  | 'invalid_input'
  /** The token is revoked, which nothing takes back. */
  | 'terminal'
  /** The token has as many living sessions as its kind allows. */
  | 'too_many_sessions'
  /** The credential that was to be exchanged is not valid. */
  | 'invalid_token'
  /**
   * The store took the commit but its answer was lost: read again, or repeat the call with the same
   * idempotency key.
   */
  | 'outcome_unknown'
  /** The random number generator failed; nothing was made. */
  | 'rng_failed'
  /** The store could not be read, or said that it changed nothing. */
  | 'store_unavailable'
  /**
   * The clock cannot be read, or has jumped: nothing that ends by it is made until it is right
   * again.
   */
  | 'clock_unreliable'
  /** The deadline passed before the change was handed to the store; nothing was changed. */
  | 'deadline_exceeded'
  /** The WebAssembly core stopped. A fresh instance serves the next call. Please report it. */
  | 'internal';

/** What a verification found. Only `valid` lets a request through. */
export type VerdictCode =
  | 'valid'
  | 'missing'
  | 'malformed'
  | 'ambiguous_credentials'
  | 'bad_checksum'
  | 'unknown'
  | 'bad_secret'
  | 'disabled'
  | 'revoked'
  | 'expired'
  | 'not_yet_valid'
  | 'idle_expired'
  | 'rotated_out'
  | 'owner_inactive'
  | 'condition_failed'
  | 'insufficient_permission'
  /** No route of the catalog matches the request, so nothing says which permission it needs. */
  | 'no_route'
  | 'outside_resource'
  | 'rate_limited'
  | 'usage_exceeded'
  | 'store_unavailable'
  | 'clock_unreliable'
  | 'deadline_exceeded';

/** The error of a bearer challenge, RFC 6750 §3.1. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/**
 * The verdicts that the wrapper gives by itself, before the core sees a credential or when the
 * store is out of reach. Every other verdict gets its status and error from the core's table.
 */
export const WRAPPER_REFUSALS = {
  /** Nothing was presented: a bare challenge. */
  missing: { code: 'missing', status: 401 },
  /** An `Authorization` header that cannot be read. */
  malformedHeader: { code: 'malformed', status: 400, error: 'invalid_request' },
  /**
   * Text that can be no credential, in a header that can be read: on the wire like any unknown one.
   */
  malformedCredential: { code: 'malformed', status: 401, error: 'invalid_token' },
  /** More than one credential. */
  ambiguous: { code: 'ambiguous_credentials', status: 400, error: 'invalid_request' },
  /**
   * No permission lets such a request pass, so it lacks one. A client gets the same bytes as for
   * `insufficient_permission`.
   */
  noRoute: { code: 'no_route', status: 403, error: 'insufficient_scope' },
  /** The store did not answer: never a yes. */
  storeUnavailable: { code: 'store_unavailable', status: 503 },
  /** The clock cannot be read, so nothing can be found expired: never a yes. */
  clockUnreliable: { code: 'clock_unreliable', status: 503 },
  /** A use could not be counted in time, because of other uses: nothing was counted. */
  deadlineExceeded: { code: 'deadline_exceeded', status: 503 },
} as const satisfies Record<string, { code: VerdictCode; status: number; error?: BearerError }>;

/** One thing that is wrong in a call or a catalog, and where. */
export interface Problem {
  /** A JSON path (`$.templates.sender.permissions[0]`) or the name of an option. */
  path: string;
  message: string;
}
