import type { Duration } from './call.js';

/** What can be granted. The smallest catalog is services and templates. */
export interface Catalog {
  $schema?: string;
  /** The catalog's own version, such as a date. Records keep the versions of their templates. */
  version?: string;
  /** By id: a segment `[A-Za-z0-9._-]{1,64}`. */
  services: Record<string, Service>;
  templates?: Record<string, Template>;
  roles?: Record<string, Role>;
  /**
   * `permission-set`, `organization`, `group`, `personal` and `session` exist without being written
   * down.
   */
  kinds?: Record<string, Kind>;
}

export interface Service {
  title: string;
  description?: string;
  permissions: Record<string, PermissionNode | string>;
}

/**
 * A permission, or a group of them. Its id is the path to it: `messages:send`. A text alone is its
 * title.
 */
export interface PermissionNode {
  title: string;
  description?: string;
  /** What this one brings along. */
  implies?: readonly string[];
  /** Whether a node with permissions below it is one itself. */
  grantable?: boolean;
  permissions?: Record<string, PermissionNode | string>;
  /**
   * The requests that need it: `POST /messages`, or with the resource that such a request is about.
   */
  routes?: readonly (string | { route: string; resource?: string })[];
  /** It should not be granted any more; where another takes its place, which one. */
  deprecated?: boolean | { replacement?: string };
}

/** A permission set: a named bundle for a common use. */
export interface Template {
  title: string;
  description?: string;
  /** Rises with every change. Default 1. */
  version?: number;
  extends?: readonly string[];
  /** Permissions and patterns: `messages:send`, `branch:*`. */
  permissions?: readonly string[];
  recommended?: boolean;
}

/** A bundle bound to the level at which it is held. `admin` is built in and gives everything. */
export interface Role {
  title: string;
  description?: string;
  permissions: readonly string[];
}

/**
 * A sort of token and its rules. A built-in kind keeps what it is not told; what is said of
 * defaults here is of a kind of the catalog's own.
 */
export interface Kind {
  title?: string;
  description?: string;
  /**
   * Whose its tokens can be: patterns such as `org:*`, with `**` at the end for any number of
   * segments. Default: anybody's.
   */
  owners?: readonly string[];
  /** Who manages its tokens: their owner too, or only an admin of it or above. Default `owner`. */
  manage?: 'owner' | 'admin';
  /** Whether each token is backed by a technical user. Default false. */
  technicalUser?: boolean;
  /** The role of a token whose selection has no template, no `add` and no role. Default: none. */
  role?: string;
  /** `idle`: the longest time without use. */
  lifetime?: { default?: Duration; longest?: Duration; required?: boolean; idle?: Duration };
  /** Whether an owner's tokens of this kind must have different names. Default false. */
  uniqueNames?: boolean;
  /** What `edit` may change. Default: everything. */
  editable?: readonly Editable[];
  /** What managers are offered and allowed. Revoking always works. Default: everything. */
  actions?: readonly Action[];
  /** The kind's own words for its actions, for screens: `{ disable: 'Revoke' }`. */
  labels?: { readonly [Of in Action | 'enable']?: string };
  /**
   * How long the old secret works beside a new one, and what becomes of the token when a secret is
   * used that was rotated out. Default: 24 hours, at most 7 days, and an entry in the audit trail.
   */
  rotation?: { grace?: Duration; longestGrace?: Duration; reuse?: 'alert' | 'disable' | 'revoke' };
  /** Of `session`: the most living sessions of one parent. Default 100. */
  sessions?: number;
}

/** A part of a token that `edit` changes. */
export type Editable = 'permissions' | 'name' | 'description' | 'tags' | 'metadata' | 'conditions' | 'limits';

/** What a manager does to a token. */
export type Action = 'disable' | 'revoke' | 'delete' | 'rotate' | 'exchange';

/**
 * What a deployment of Leastkey was started with, as far as everybody who manages tokens may know
 * it.
 */
export interface Deployment {
  /** The start of every credential. */
  prefix: string;
  /** What can be granted. */
  catalog: Catalog;
}
