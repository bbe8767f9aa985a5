import type { CatalogIds, Hint } from './catalog-ids.js';
import type { BearerError, VerdictCode } from './codes.js';
import type { Duration } from './duration.js';
import type { Selection } from './selection.js';

/**
 * Who is managing tokens: what the host authenticated, never what a request body says. Absent roles and permissions
 * mean nothing.
 */
export interface Actor {
  /** `user:7`. An actor manages the tokens of the owner that it is itself. */
  id: string;
  /** By resource: `{ 'org:acme': 'admin' }`. */
  roles?: Readonly<Record<string, 'admin' | 'user' | (string & {})>>;
  /** Permissions that this actor has. */
  permissions?: readonly string[];
}

/** What a token is to be. At least one permission must come out of the selection. */
export interface CreateInput<Ids extends CatalogIds = CatalogIds> extends Selection<Ids> {
  /** `permission-set`, `organization`, `group`, `personal`, or a kind of the catalog's own. */
  kind: string;
  /** What people call it: 1 to 100 characters. */
  name: string;
  /** Whose it is: a resource such as `org:acme` or `user:7`. Default: the actor itself. */
  owner?: string;
  /** As whom it acts. */
  subject?: string;
  /** The resource that it may not leave. Default: the owner. */
  resource?: string;
  /** How long it lives: `'90d'`, ISO 8601 (`'P90D'`) or milliseconds. Not beside `expiresAt`. */
  expiresIn?: Duration;
  /** From when on it is refused. */
  expiresAt?: number | Date;
  /** Until when it is refused. */
  notBefore?: number | Date;
  /** Two creates with the same key and input make one token; the second finds its record, but no secret. */
  idempotencyKey?: string;
}

/** The stored half of a token, without its digest. Instants are milliseconds since the epoch. */
export interface TokenRecord {
  id: string;
  kind: string;
  name: string;
  owner: string;
  subject?: string;
  resource: string;
  role?: string;
  /** The frozen grant: exact permissions, sorted. */
  permissions: string[];
  /** The permissions of it that are held on some resources only. */
  resources?: Record<string, string[]>;
  /** The templates that it was made from, in the version of that day. */
  templates: { id: string; version: number }[];
  added: string[];
  removed: string[];
  status: 'active' | 'disabled' | 'revoked';
  /** Why it was revoked. */
  reason?: string;
  statusChangedAt?: number;
  statusChangedBy?: string;
  createdAt: number;
  createdBy: string;
  notBefore?: number;
  expiresAt?: number;
  /** Rises with every change. */
  revision: number;
}

/** The answer of `create`. */
export interface Created {
  /** The credential. It is here this once and nowhere else; `null` when an idempotency key found an earlier create. */
  token: string | null;
  record: TokenRecord;
}

/** Which tokens to list. */
export interface ListQuery {
  /** Whose. Default: the actor's own. */
  owner?: string;
  kind?: string;
  status?: TokenRecord['status'];
  /** Where the last page ended: its `next`. */
  after?: string;
  /** The most items of one page, from 1 to 200. Default 50. */
  limit?: number;
}

/** One page of tokens, newest first. */
export interface TokenPage {
  items: TokenRecord[];
  /** Give it as `after` for the next page; absent on the last. */
  next?: string;
  /** The ids of tokens whose records are damaged, or written by a later version. Verification refuses them. */
  unreadable?: string[];
}

export interface RevokeOptions {
  /** Why, for whoever reads the list later. */
  reason?: string;
}

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
  /** Of which instant the answer is true: when the read that it rests on began. */
  asOf: number;
}
