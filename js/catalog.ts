import type { Duration } from './duration.js';

/** What can be granted. The smallest catalog is services and templates. */
export interface Catalog {
  $schema?: string;
  /** The catalog's own version, such as a date. Records keep the versions of their templates. */
  version?: string;
  /** By id: a segment `[A-Za-z0-9._-]{1,64}`. */
  services: Record<string, Service>;
  templates?: Record<string, Template>;
  roles?: Record<string, Role>;
  /** `permission-set`, `organization`, `group`, `personal` and `session` exist without being written down. */
  kinds?: Record<string, Kind>;
}

export interface Service {
  title: string;
  description?: string;
  permissions: Record<string, PermissionNode | string>;
}

/** A permission, or a group of them. Its id is the path to it: `messages:send`. A text alone is its title. */
export interface PermissionNode {
  title: string;
  description?: string;
  /** What this one brings along. */
  implies?: readonly string[];
  /** Whether a node with permissions below it is one itself. */
  grantable?: boolean;
  permissions?: Record<string, PermissionNode | string>;
  /** The requests that need it: `POST /messages`, or with the resource that such a request is about. */
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

/** A sort of token and its rules. */
export interface Kind {
  title?: string;
  description?: string;
  lifetime?: { default?: Duration; longest?: Duration; required?: boolean };
  /** Whether an owner's tokens of this kind must have different names. */
  uniqueNames?: boolean;
}
