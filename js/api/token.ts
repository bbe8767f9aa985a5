import type { Duration, Instant } from './call.js';
import type { CatalogIds } from './catalog-ids.js';
import type { Conditions, Limits, RecordedLimits } from './conditions.js';
import type { ByPermission, Selection } from './selection.js';
import type { AddressUse, PermissionUse } from './usage.js';

/** Who manages tokens: as authenticated by the host, never read from a request body. */
export type Actor = HostActor | TokenActor;

/** A person or a program that the host knows. Absent roles and permissions mean nothing. */
export interface HostActor {
  /** `user:7`. An actor manages the tokens of the owner with this id. */
  id: string;
  /** By resource: `{ 'org:acme': 'admin' }`. */
  roles?: Readonly<Record<string, 'admin' | 'user' | (string & {})>>;
  /** The permissions of this actor. */
  permissions?: readonly string[];
}

/** A token that manages tokens: the id of a verified token. The operation reads its record. */
export interface TokenActor {
  token: string;
}

/** A token to create. Its selection must resolve to at least one permission. */
export interface CreateInput<Ids extends CatalogIds = CatalogIds> extends Selection<Ids> {
  /** `permission-set`, `organization`, `group`, `personal`, or a kind of the catalog. */
  kind: Ids['kind'];
  /** The display name: 1 to 100 characters. */
  name: string;
  /** The owner: a resource such as `org:acme` or `user:7`. Default: the actor itself. */
  owner?: string;
  /** The subject as which it acts. */
  subject?: string;
  /** The resource to which it is limited. Default: the owner. */
  resource?: string;
  /** The lifetime: `'90d'`, or ISO 8601 (`'P90D'`). Not together with `expiresAt`. */
  expiresIn?: Duration;
  /** The instant of expiry. A date without a time includes that day. */
  expiresAt?: Instant;
  /** The instant from which it is valid. */
  notBefore?: Instant;
  /** The longest time without use. Default: that of the kind. */
  idleAfter?: Duration;
  /** The purpose: 1 to 500 characters. */
  description?: string;
  /** Tags: at most 20, of 1 to 50 characters. */
  tags?: readonly string[];
  /** Data of the host: an object of at most 4 KiB as JSON. Leastkey only stores it. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Conditions on every request. */
  conditions?: Conditions;
  /** How often it may be used. */
  limits?: Limits;
  /** For a kind with technical users: an existing one. Default: a new one. */
  technicalUser?: string;
  /**
   * The id of a client-minted credential. With `digest` and `scheme`; no credential is returned.
   */
  id?: string;
  /** The digest of a client-minted credential. */
  digest?: string;
  /** The scheme of the digest, as returned by `mint`. */
  scheme?: string;
  /**
   * Makes retries safe: a second create with the same key and input returns the record, without a
   * secret.
   */
  idempotencyKey?: string;
}

/** The record of a token, without its digest. Instants are milliseconds since the epoch. */
export interface TokenRecord {
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
  /** Its purpose, in the words of who made it. */
  description?: string;
  tags?: string[];
  /** Data of the host. */
  metadata?: Record<string, unknown>;
  /** Its technical user. */
  technicalUser?: string;
  /** Of a session: its ancestors, nearest first. It ends with any of them. */
  parents?: string[];
  /** The resource to which it is limited. */
  resource: string;
  /** Its role: `admin`, or one of the catalog. */
  role?: string;
  /** The frozen grant: exact permissions, sorted. */
  permissions: string[];
  /** Its permissions that are limited to some resources. */
  resources?: Record<string, string[]>;
  /** Its templates, with their versions at that time. */
  templates: { id: string; version: number }[];
  /** The permissions and patterns that were added to its templates. */
  added: string[];
  /** The permissions and patterns that were removed. */
  removed: string[];
  /** What was done to it. An expired token is `active`: see `expiresAt`. */
  status: 'active' | 'disabled' | 'revoked';
  /**
   * Of a disabled token: the resource of the actor that disabled it. A lower one cannot enable it.
   */
  heldAt?: string;
  /** The reason of the revocation. */
  reason?: string;
  /** When it was disabled, enabled or revoked. */
  statusChangedAt?: number;
  /** The actor that did so. */
  statusChangedBy?: string;
  /** When it was last enabled. */
  enabledAt?: number;
  createdAt: number;
  /** The actor that created it. */
  createdBy: string;
  /** The instant from which it is valid. */
  notBefore?: number;
  /** The instant of expiry; absent: never. */
  expiresAt?: number;
  /** The longest time without use, in milliseconds. */
  idleAfter?: number;
  conditions?: Conditions;
  limits?: RecordedLimits;
  /**
   * Of bounds set from above the owner: the resource of that actor. A lower one can only narrow
   * them.
   */
  boundsHeldAt?: { conditions?: string; limits?: string; expiresAt?: string };
  /** The pending rotation. */
  rotation?: Rotation;
  /** Of an imported key: when it was imported, and its first characters. */
  imported?: { at: number; hint?: string };
  /** In `get` and `list`: when it or one of its sessions was last used, by the flushed uses. */
  lastUsedAt?: number;
  /** In `get` and `list`: how often it or one of its sessions was used, by the flushed uses. */
  uses?: number;
  /**
   * In `get` and `list`: the required permissions, by the flushed uses; absent if none was
   * recorded.
   */
  permissionUse?: PermissionUse;
  /**
   * In `get` and `list`: the last few addresses that it or one of its sessions was used from, the
   * latest first, by the flushed uses. Only with `usage: { addresses: true }` of `createTokens`.
   */
  lastUsedFrom?: AddressUse[];
  /** Incremented by every change. */
  revision: number;
}

/** The answer of `create`. */
export interface Created {
  /** The credential, returned only here; `null` if its client minted it, or on a retry. */
  token: string | null;
  record: TokenRecord;
}

/** {@link Created} by a call that makes its secret, and makes it once. */
export interface CreatedWithToken extends Created {
  token: string;
}

/** The members with which a call may return no credential. */
export interface WithoutToken {
  id?: undefined;
  digest?: undefined;
  idempotencyKey?: undefined;
}

/** Which tokens to list. */
export interface ListQuery {
  /** The owner. Default: the actor itself. */
  owner?: string;
  kind?: string;
  status?: TokenRecord['status'];
  tag?: string;
  subject?: string;
  /** Only the valid sessions of this token of the owner. */
  parent?: string;
  /** Only tokens whose name contains this. */
  search?: string;
  /** Where to continue: the `next` of the last page. */
  after?: string;
  /** The most items of one page, from 1 to 200. Default 50. */
  limit?: number;
}

/** A token, with or without its lists of ids. */
export interface TokenSummary extends Omit<TokenRecord, 'permissions' | 'added' | 'removed'> {
  /** How many permissions it has. */
  permissionCount?: number;
  permissions?: string[];
  added?: string[];
  removed?: string[];
}

/**
 * A token in a list. A list of 200 ids or more is left out: of its permissions there is the number,
 * and `get` returns all of them.
 */
export interface ListedToken extends TokenSummary {
  permissionCount: number;
}

/** One page of tokens, newest first. */
export interface TokenPage {
  items: ListedToken[];
  /** The `after` of the next page; absent on the last page. */
  next?: string;
  /**
   * The ids of tokens whose records are damaged or of a newer version. Verification refuses them.
   */
  unreadable?: string[];
}

/**
 * The members to change; absent ones stay. `templates`, `add`, `remove` or `role` replace the whole
 * selection; `resources` does not. `null` removes an optional member.
 */
export interface TokenChange<Ids extends CatalogIds = CatalogIds> extends Omit<Selection<Ids>, 'resources'> {
  /**
   * Narrows single permissions to resources: `{ 'policies:read': ['org:acme/group:eng'] }`; `null`
   * lifts a narrowing. Narrowings that are not named here stay, whatever else changes.
   */
  resources?: ByPermission<Ids['permission'], readonly string[] | null>;
  name?: string;
  description?: string | null;
  tags?: readonly string[] | null;
  metadata?: Readonly<Record<string, unknown>> | null;
  conditions?: Conditions | null;
  limits?: Limits | null;
  /** The revision on which the change is based. If the record has another: `conflict`. */
  revision?: number;
}

export interface RevokeOptions {
  /** The reason, for later readers of the record. */
  reason?: string;
}

/** A pending rotation: a new secret beside the old one. */
export interface Rotation {
  /** The revision of the record at its start. */
  revision: number;
  startedAt: number;
  startedBy: string;
  /** When the old secret ends, confirmed or not. */
  graceEndsAt: number;
  /** Of a rotation that renewed the token: its expiry before, which an abort restores. */
  previousExpiresAt?: number;
  endOldAtFirstUse?: boolean;
}
