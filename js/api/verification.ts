import type { CallOptions, CredentialSource, Duration } from './call.js';
import type { Hint } from './catalog-ids.js';
import type { BearerError, VerdictCode } from './codes.js';
import type { RequestContext } from './conditions.js';

/** What {@link Tokens.verify} can be given for one call. */
export interface VerifyOptions extends CallOptions, RequestContext {
  /** For this call in place of the one of {@link TokensOptions}. */
  freshness?: Duration;
  /**
   * How many uses to count against the token's limits. Absent: none, and limits are not looked at. 0: none, and the verdict tells how many
   * credits are left.
   */
  consume?: number;
  /**
   * Whether a yes is a use of the token. Default `true`. `false` for a question about it, such as an introspection: that is not counted,
   * and keeps no token from going idle.
   */
  use?: boolean;
}

/** What {@link Tokens.explain} can be given for one call. */
export interface ExplainOptions extends CallOptions, RequestContext {}

/**
 * What a request needs, in permissions of the catalog: one (`'messages:send'`), all of a list, or an expression
 * (`'messages:send AND (branch:run OR branch:create)'`); as an object also on a resource. Absent: only a valid token.
 */
export type Requirement<Permission extends string = string> =
  | Hint<Permission>
  | readonly Hint<Permission>[]
  | { permission: Hint<Permission>; resource?: string }
  | { all: readonly Hint<Permission>[]; resource?: string }
  | { any: readonly Hint<Permission>[]; resource?: string }
  | { expr: string; resource?: string };

/** What a verified token tells about itself. */
export interface VerifiedToken {
  id: string;
  kind: string;
  name: string;
  owner: string;
  subject?: string;
  role?: string;
  resource: string;
  permissions: string[];
  /** The permissions that are held on some resources only. */
  resources?: Record<string, string[]>;
  description?: string;
  tags?: string[];
  metadata?: Record<string, unknown>;
  /** The technical user that backs it: this is no person. */
  technicalUser?: string;
  /** Of a session: the token that it was exchanged from. */
  parent?: string;
  /** With a rotation that is under way: its revision, by which a use of its new secret is told, and of the old one after its grace. */
  rotation?: number;
  /** The new secret of a rotation was presented that is not confirmed yet. */
  successor?: true;
  createdAt: number;
  expiresAt?: number;
}

/** The answer of `verify`. */
export interface Verdict {
  /** Whether the request may pass. */
  valid: boolean;
  code: VerdictCode;
  /** The HTTP status that goes with the code. */
  status: number;
  /** The error of a bearer challenge that goes with the code (RFC 6750 §3.1), if one does. */
  error?: BearerError;
  /** Only of a token whose secret was right. */
  token?: VerifiedToken;
  /** The permissions that are lacking. */
  missing?: string[];
  /** With `rate_limited` and `usage_exceeded`: in how many seconds it may be tried again. */
  retryAfter?: number;
  /** With `consume`, 0 too, of a token with credits: how many are left. */
  remaining?: number;
  /** With `insufficient_scope`: what the request needs, for the challenge. It does not depend on what the token has. */
  scope?: string;
  /** Of which instant the answer is true: when the read that it rests on began. */
  asOf: number;
}

/** One of many verifications. */
export interface Verification<Permission extends string = string>
  extends Omit<VerifyOptions, 'freshness' | 'signal'> {
  credential: CredentialSource;
  requirement?: Requirement<Permission>;
}

/** What `verifyMany` can be given for all of them. */
export type VerifyManyOptions = Pick<VerifyOptions, 'freshness' | 'signal'>;

/** Why a credential is refused, for whoever runs the service. Only `wire` of it is for the bearer. */
export interface Explanation extends Verdict {
  /**
   * With `malformed` and `bad_checksum`: the first part of the text that is wrong. `prefix`: it is no credential of this deployment;
   * `length`: a part was lost, or something pasted along; `alphabet`: there is something else than letters and digits in it; `version`: it
   * is of another version of the format; `checksum`: mistyped or made up.
   */
  wrong?: 'prefix' | 'length' | 'alphabet' | 'version' | 'checksum';
  /** With `insufficient_permission`: the fewest permissions that, granted too, would make it a yes. */
  add?: string[];
  /** Single templates that, chosen too, would make it a yes, with what each gives that is not needed; the least first. */
  templates?: { id: string; excess: string[] }[];
  wire: Wire;
}

/**
 * All of a verdict that may go to the network. It is the same for a credential that is unknown, revoked, disabled or expired,
 * and never depends on what a token holds.
 */
export interface Wire {
  /** The HTTP status to answer with. */
  status: number;
  /** The value of the header `WWW-Authenticate` (RFC 6750 §3). */
  challenge?: string;
  error?: BearerError;
  /** With `insufficient_scope`: the permissions that would satisfy the requirement, separated by spaces. */
  scope?: string;
}

/** What a request needs by the routes of the catalog. It is a requirement: give it to `verify`. */
export interface RouteRequirement {
  permission: string;
  /** The resource that the request is about, where the route says which. */
  resource?: string;
}
