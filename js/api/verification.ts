import type { CallOptions, CredentialSource, Duration } from './call.js';
import type { BearerError, VerdictCode } from './codes.js';
import type { RequestContext } from './conditions.js';

/** Options of {@link Tokens.verify}. */
export interface VerifyOptions extends CallOptions, RequestContext {
  /** Overrides the freshness of {@link TokensOptions} for this call. */
  freshness?: Duration | 0;
  /**
   * How many uses to count against the token's limits. Absent: none, and limits are not checked. 0:
   * none, and the verdict has the remaining credits.
   */
  consume?: number;
  /**
   * Whether a valid verdict is a use of the token. Default `true`. `false` for a question about it,
   * such as an introspection: it is not counted, and does not keep the token from going idle.
   */
  use?: boolean;
}

/** Options of {@link Tokens.explain}. */
export interface ExplainOptions extends CallOptions, RequestContext {}

/** A permission, on a resource of its own. */
export interface PermissionOnResource<Permission extends string = string> {
  permission: Permission;
  resource?: string;
}

/**
 * What a request needs, in permissions of the catalog: one (`'messages:send'`), all of a list, or
 * an expression (`'messages:send AND (branch:run OR branch:create)'`); as an object also on a
 * resource; or the request itself, by its method and path, of which the routes of the catalog say
 * what it needs. Absent: only a valid token.
 */
export type Requirement<Permission extends string = string> = RequirementOf<
  PermissionOrExpression<Permission>
>;

type RequirementOf<Text extends string> =
  | Text
  | readonly Text[]
  | PermissionOnResource<Text>
  | { all: readonly (Text | PermissionOnResource<Text>)[]; resource?: string }
  | { any: readonly Text[]; resource?: string }
  | { expr: string; resource?: string }
  | RequestLine;

/** `messages:send`, or an expression over permissions: `messages:send OR messages:status`. */
export type PermissionOrExpression<Permission extends string = string> = Permission | `${string} ${string}`;

/** A request whose requirement is that of its route. Without a route the verdict is `no_route`. */
export interface RequestLine {
  /** As in the request line: `GET`. */
  method: string;
  /** As in the request line, still percent-encoded, without the query. */
  path: string;
}

/** The token view of a verdict. */
export interface VerifiedToken {
  /** The id: 16 letters and digits, which are part of the credential too. */
  id: string;
  /** `permission-set`, or another kind of the catalog. */
  kind: string;
  /** The display name. */
  name: string;
  /** The owner: `org:acme`. */
  owner: string;
  /** The subject as which it acts: `profile:42`. */
  subject?: string;
  /** Its role: `admin`, or one of the catalog. */
  role?: string;
  /** The resource to which it is limited. */
  resource: string;
  /** Its permissions now: what it was given, as far as its owner and its parents have it still. */
  permissions: string[];
  /** The permissions that are limited to some resources. */
  resources?: Record<string, string[]>;
  description?: string;
  tags?: string[];
  metadata?: Record<string, unknown>;
  /** The technical user of the token, instead of a person. */
  technicalUser?: string;
  /** Of a session: the token that was exchanged for it. */
  parent?: string;
  /**
   * The revision of a pending rotation. A flush reports uses of its new secret by it, and of the
   * old one after the grace.
   */
  rotation?: number;
  /** The presented secret is the new one of an unconfirmed rotation. */
  successor?: true;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Milliseconds since the epoch; absent: never. */
  expiresAt?: number;
}

/** What every verdict has. A member that a code does not have is `undefined`. */
export interface AnyVerdict {
  /** Whether the request may pass. */
  valid: boolean;
  /** The result: why the request may pass or not. {@link VerdictCode} has what each one means. */
  code: VerdictCode;
  /** The HTTP status of the code. */
  status: number;
  /** The error of the bearer challenge (RFC 6750 §3.1), if the code has one. */
  error?: BearerError;
  /** Only if the secret matched. */
  token?: VerifiedToken;
  /** With `insufficient_permission`: the missing permissions. */
  missing?: string[];
  /** With `rate_limited` and `usage_exceeded`: the seconds until a retry may pass. */
  retryAfter?: number;
  /** With `consume` (also 0) and credits: how many are left. */
  remaining?: number;
  /** With `insufficient_scope`: the scope of the challenge. It does not depend on the token. */
  scope?: string;
  /** The instant for which the verdict holds: when its read of the store began. */
  asOf: number;
}

/** The request may pass. */
export interface ValidVerdict extends AnyVerdict {
  valid: true;
  code: 'valid';
  token: VerifiedToken;
  error?: never;
  missing?: never;
  retryAfter?: never;
  scope?: never;
}

/** The token lacks permissions that the request needs. */
export interface LackingVerdict extends AnyVerdict {
  valid: false;
  code: 'insufficient_permission';
  token: VerifiedToken;
  missing: string[];
  retryAfter?: never;
}

/** The token was used as often as its limits allow. */
export interface LimitedVerdict extends AnyVerdict {
  valid: false;
  code: 'rate_limited' | 'usage_exceeded';
  token: VerifiedToken;
  missing?: never;
}

/** The request may not pass, for any other reason. */
export interface RefusedVerdict extends AnyVerdict {
  valid: false;
  code: Exclude<VerdictCode, (ValidVerdict | LackingVerdict | LimitedVerdict)['code']>;
  missing?: never;
  retryAfter?: never;
}

/**
 * The answer of `verify`. `valid` and `code` tell what else it has: a valid one its token, one that
 * is `insufficient_permission` what is missing.
 *
 * @example
 * const verdict = await tokens.verify(request, 'messages:send');
 * if (verdict.valid) return handle(verdict.token.owner);
 * if (verdict.code === 'insufficient_permission') log(verdict.missing);
 * return new Response(null, { status: verdict.status });
 */
export type Verdict = ValidVerdict | LackingVerdict | LimitedVerdict | RefusedVerdict;

/** One of many verifications. */
export interface Verification<Permission extends string = string>
  extends Omit<VerifyOptions, 'freshness' | 'signal'> {
  credential: CredentialSource;
  requirement?: Requirement<Permission>;
}

/** Options of `verifyMany`. */
export type VerifyManyOptions = Pick<VerifyOptions, 'freshness' | 'signal'>;

/** The verdict, and why. For operators: only `wire` may go to the client. */
export type Explanation = Verdict & Reasons;

/** Why a credential is refused. */
export interface Reasons {
  /**
   * With `malformed` and `bad_checksum`: the first wrong part of the text. `prefix`: not a
   * credential of this deployment. `length`: truncated, or with extra characters. `alphabet`: other
   * characters than letters and digits. `version`: another version of the format. `checksum`:
   * mistyped or invented.
   */
  wrong?: 'prefix' | 'length' | 'alphabet' | 'version' | 'checksum';
  /** What is probably wrong with the text, in words: quotes around it, its scheme before it. */
  hint?: string;
  /** With `insufficient_permission`: the fewest permissions that would satisfy the requirement. */
  add?: string[];
  /**
   * Templates that would each satisfy the requirement, with their excess permissions; the least
   * first.
   */
  templates?: { id: string; excess: string[] }[];
  wire: Wire;
}

/**
 * The part of a verdict that may go to the client. It is the same for a credential that is unknown,
 * revoked, disabled or expired, and never depends on the permissions of a token.
 */
export interface Wire {
  /** The HTTP status of the response. */
  status: number;
  /** The value of the header `WWW-Authenticate` (RFC 6750 §3). */
  challenge?: string;
  error?: BearerError;
  /**
   * With `insufficient_scope`: the permissions that would satisfy the requirement, space-separated.
   */
  scope?: string;
}

/**
 * The requirement of a request, by the routes of the catalog. Pass it to `verify`. It has `all` if
 * several routes match and none of them is narrower than the others.
 */
export type RouteRequirement = RoutePermission | { all: RoutePermission[] };

/** The permission of a route. */
export interface RoutePermission {
  permission: string;
  /** The resource of the request, if the route names one. */
  resource?: string;
}
