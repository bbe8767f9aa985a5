import type { Duration } from './call.js';
import type { CatalogIds } from './catalog-ids.js';
import type { Conditions, Limits } from './conditions.js';
import type { Selection } from './selection.js';
import type { AddressUse, PermissionUse } from './usage.js';

/** Who is managing tokens: what the host authenticated, never what a request body says. */
export type Actor = HostActor | TokenActor;

/** A person or a program that the host knows. Absent roles and permissions mean nothing. */
export interface HostActor {
  /** `user:7`. An actor manages the tokens of the owner that it is itself. */
  id: string;
  /** By resource: `{ 'org:acme': 'admin' }`. */
  roles?: Readonly<Record<string, 'admin' | 'user' | (string & {})>>;
  /** Permissions that this actor has. */
  permissions?: readonly string[];
}

/**
 * A token that manages tokens: the id of one that the host has verified. What it may do is read
 * from its record, inside the operation itself.
 */
export interface TokenActor {
  token: string;
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
  /** The longest time without use. Default: the kind's. */
  idleAfter?: Duration;
  /** What it is for: 1 to 500 characters. */
  description?: string;
  /** Words to sort it by: at most 20, of 1 to 50 characters. */
  tags?: readonly string[];
  /**
   * What the host wants to know with it: an object of at most 4 KiB as JSON, which Leastkey only
   * keeps.
   */
  metadata?: Readonly<Record<string, unknown>>;
  /** What must be true of every request with it. */
  conditions?: Conditions;
  /** How often it may be used. */
  limits?: Limits;
  /** Of a kind with technical users: the one that backs it, if not a new one. */
  technicalUser?: string;
  /**
   * Of a credential that its client minted: the id. Beside `digest` and `scheme`; the answer then
   * has no credential.
   */
  id?: string;
  /** Of a credential that its client minted: the digest. */
  digest?: string;
  /** What the digest is of, as `mint` answers it. */
  scheme?: string;
  /**
   * Two creates with the same key and input make one token; the second finds its record, but no
   * secret.
   */
  idempotencyKey?: string;
}

/** The stored half of a token, without its digest. Instants are milliseconds since the epoch. */
export interface TokenRecord {
  id: string;
  kind: string;
  name: string;
  owner: string;
  subject?: string;
  description?: string;
  tags?: string[];
  metadata?: Record<string, unknown>;
  /** The technical user that backs it. */
  technicalUser?: string;
  /**
   * Of a session: the tokens that it was exchanged from, nearest first. It ends with any of them.
   */
  parents?: string[];
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
  /** Of a disabled token: where the authority stood that disabled it. Less does not enable it. */
  heldAt?: string;
  /** Why it was revoked. */
  reason?: string;
  statusChangedAt?: number;
  statusChangedBy?: string;
  /** When it was last enabled. */
  enabledAt?: number;
  createdAt: number;
  createdBy: string;
  notBefore?: number;
  expiresAt?: number;
  /** The longest time without use, in milliseconds. */
  idleAfter?: number;
  conditions?: Conditions;
  limits?: Limits;
  /**
   * Of bounds that were set from above the owner: where the authority stood. Less only narrows
   * them.
   */
  boundsHeldAt?: { conditions?: string; limits?: string; expiresAt?: string };
  /** A rotation that is neither confirmed nor aborted. */
  rotation?: Rotation;
  /** Of a key that another system issued: when it was taken over, and how it begins. */
  imported?: { at: number; hint?: string };
  /** Of `get` and `list`: when it or a session of it was last used, as far as uses were flushed. */
  lastUsedAt?: number;
  /** Of `get` and `list`: how often it or a session of it was used, as far as uses were flushed. */
  uses?: number;
  /** Of `get` and `list`: what for, as far as uses were flushed. Absent where no use has told. */
  permissionUse?: PermissionUse;
  /**
   * Of `get` and `list`: the last few addresses that it or a session of it was used from, the
   * latest first, as far as uses were flushed and addresses are noted (`usage` of `createTokens`).
   */
  lastUsedFrom?: AddressUse[];
  /** Rises with every change. */
  revision: number;
}

/** The answer of `create`. */
export interface Created {
  /**
   * The credential. It is here this once and nowhere else; `null` when its client minted it, or an
   * idempotency key found an earlier create.
   */
  token: string | null;
  record: TokenRecord;
}

/** Which tokens to list. */
export interface ListQuery {
  /** Whose. Default: the actor's own. */
  owner?: string;
  kind?: string;
  status?: TokenRecord['status'];
  tag?: string;
  subject?: string;
  /** Only the living sessions of this token of the owner. */
  parent?: string;
  /** Only tokens whose name has this in it. */
  search?: string;
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
  /**
   * The ids of tokens whose records are damaged, or written by a later version. Verification
   * refuses them.
   */
  unreadable?: string[];
}

/**
 * What of a token is to be another, where its kind allows that; absent members stay. `templates`,
 * `add`, `remove` or `role` replace the whole selection; `resources` does not. `null` takes an
 * optional member away.
 */
export interface TokenChange<Ids extends CatalogIds = CatalogIds> extends Omit<Selection<Ids>, 'resources'> {
  /**
   * Narrows single permissions to resources: `{ 'policies:read': ['org:acme/group:eng'] }`; `null`
   * lifts a narrowing. A narrowing stays with its permission until it is named here, whatever else
   * is changed.
   */
  resources?: Readonly<Record<string, readonly string[] | null>>;
  name?: string;
  description?: string | null;
  tags?: readonly string[] | null;
  metadata?: Readonly<Record<string, unknown>> | null;
  conditions?: Conditions | null;
  limits?: Limits | null;
  /** The revision that was shown to whoever made the change; another one there is a `conflict`. */
  revision?: number;
}

export interface RevokeOptions {
  /** Why, for whoever reads the list later. */
  reason?: string;
}

/** A new secret that stands beside the old one. */
export interface Rotation {
  /** The revision of the token with which it began. */
  revision: number;
  startedAt: number;
  startedBy: string;
  /** From then on the old secret is refused, confirmed or not. */
  graceEndsAt: number;
  /** Of a rotation that renewed the token: its end before, to which an abort goes back. */
  previousExpiresAt?: number;
  endOldAtFirstUse?: boolean;
}
