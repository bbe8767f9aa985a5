import type { Duration } from './call.js';

/** A {@link Duration} of a catalog, which may come from JSON as any text. */
type WrittenDuration = Duration | (string & {});

/** What can be granted. The smallest catalog has services and templates. */
export interface Catalog {
  $schema?: string;
  /** The version of the catalog, such as a date. */
  version?: string;
  /** By id: a segment `[A-Za-z0-9._-]{1,128}`. */
  services: Record<string, Service>;
  templates?: Record<string, Template>;
  roles?: Record<string, Role>;
  /** Kinds. `permission-set`, `organization`, `group`, `personal` and `session` are built in. */
  kinds?: Record<string, Kind>;
  /**
   * Ids of permissions and kinds that the catalog had earlier. They are never defined again. A
   * retired permission is held by no token, and asking for it is no error.
   */
  retired?: readonly string[];
}

export interface Service {
  title: string;
  description?: string;
  permissions: Record<string, PermissionNode | string>;
}

/**
 * A permission, or a group of them. Its id is its path: `messages:send`. A bare text is the title.
 */
export interface PermissionNode {
  title: string;
  description?: string;
  /** The permissions that this one implies. */
  implies?: readonly string[];
  /** Whether a group is a permission too. */
  grantable?: boolean;
  permissions?: Record<string, PermissionNode | string>;
  /**
   * The requests that need it: `POST /messages`; as an object, also with the resource of the
   * request.
   */
  routes?: readonly (string | { route: string; resource?: string })[];
  /** The ids that it had earlier. A token that has all of them has it too. */
  was?: readonly string[];
  /** It should no longer be granted. A text names its replacement. */
  deprecated?: boolean | { replacement?: string };
}

/** A permission set: a named bundle of permissions for a common use. */
export interface Template {
  title: string;
  description?: string;
  /** Increment it with every change. Default 1. */
  version?: number;
  extends?: readonly string[];
  /** Permissions and patterns: `messages:send`, `branch:*`. */
  permissions?: readonly string[];
  recommended?: boolean;
}

/** A bundle for the resource at which it is held. `admin` is built in and has every permission. */
export interface Role {
  title: string;
  description?: string;
  permissions: readonly string[];
}

/**
 * A kind of token and its rules. For a built-in kind, absent members keep their built-in values.
 * The defaults below are those of a kind that the catalog adds.
 */
export interface Kind {
  title?: string;
  description?: string;
  /**
   * Patterns of allowed owners: `org:*`, with a final `**` for any number of segments. Default:
   * all.
   */
  owners?: readonly string[];
  /**
   * Who manages its tokens: the owner and admins, or only admins of the owner or above. Default
   * `owner`.
   */
  manage?: 'owner' | 'admin';
  /** Whether each token has a technical user. Default false. */
  technicalUser?: boolean;
  /** The role of a token whose selection is empty. Default: none. */
  role?: string;
  /** `idle`: the longest time without use. */
  lifetime?: {
    default?: WrittenDuration;
    longest?: WrittenDuration;
    required?: boolean;
    idle?: WrittenDuration;
  };
  /** Whether the names of an owner's tokens of this kind must be unique. Default false. */
  uniqueNames?: boolean;
  /** What `edit` may change. Default: everything. */
  editable?: readonly Editable[];
  /** The actions that managers may take. Revoking is always allowed. Default: all. */
  actions?: readonly Action[];
  /** Labels of the actions, for screens: `{ disable: 'Revoke' }`. */
  labels?: { readonly [Of in Action | 'enable']?: string };
  /**
   * How long the old secret works beside the new one, and what happens when a rotated-out secret is
   * used. Default: 24 hours, at most 7 days, and an entry in the audit trail.
   */
  rotation?: {
    grace?: WrittenDuration;
    longestGrace?: WrittenDuration;
    reuse?: 'alert' | 'disable' | 'revoke';
  };
  /** Of `session`: the most valid sessions of one parent. Default 100. */
  sessions?: number;
}

/** A part of a token that `edit` can change. */
export type Editable = 'permissions' | 'name' | 'description' | 'tags' | 'metadata' | 'conditions' | 'limits';

/** An action on a token. */
export type Action = 'disable' | 'revoke' | 'delete' | 'rotate' | 'exchange';

/** The public configuration of a deployment, for all who manage tokens. */
export interface Deployment {
  /** The prefix of every credential. */
  prefix: string;
  /** The catalog. */
  catalog: Catalog;
}
