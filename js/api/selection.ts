import type { CatalogIds } from './catalog-ids.js';

/** The part of the input of `create` that says what a token may do: the choices of a person. */
export interface Selection<Ids extends CatalogIds = CatalogIds> {
  /** Templates of the catalog. */
  templates?: readonly Ids['template'][];
  /** Additional permissions and patterns. */
  add?: readonly PermissionOrPattern<Ids['permission']>[];
  /**
   * Permissions and patterns to remove. They win over everything else, implied permissions
   * included.
   */
  remove?: readonly PermissionOrPattern<Ids['permission']>[];
  /** `admin`, or a role of the catalog. */
  role?: Ids['role'];
  /** Permissions limited to some resources: `{ 'policies:read': ['org:acme/group:eng'] }`. */
  resources?: ByPermission<Ids['permission'], readonly string[]>;
}

/** Values by permission. */
export type ByPermission<Permission extends string, Value> = string extends Permission
  ? Readonly<Record<string, Value>>
  : { readonly [Id in Permission]?: Value };

/** `messages:send`, or a pattern such as `messages:*`. */
export type PermissionOrPattern<Permission extends string = string> = Permission | `${string}*${string}`;

/** Options of `resolve`. */
export interface ResolveOptions {
  /**
   * Whether to include the tree. Default true: it is made when it is read. For a screen of a large
   * catalog, a part of it: the nodes `below` one (default: the services), to a `depth` in levels
   * (default: all).
   */
  tree?: boolean | { below?: string | undefined; depth?: number | undefined };
}

/** What a selection resolves to. */
export interface Preview {
  /** The exact permissions of a token with this selection, sorted. */
  permissions: string[];
  /**
   * Its permissions that are limited to some resources: narrowed ones, and what only they imply.
   */
  resources?: Record<string, string[]>;
  /**
   * The services of the catalog, in its order; absent without `tree`. The whole tree is made when
   * it is read.
   */
  tree?: Branch[];
  /** Warnings to show before saving. None is an error. */
  warnings: Warning[];
}

/** A node of the tree: a service, a group of permissions, or a permission. */
export interface Branch {
  /** The id of a service (`messages`), a group or a permission (`messages:send`). */
  id: string;
  title: string;
  description?: string;
  /** `on`: everything here and below is granted. `off`: nothing is. `partly`: some is. */
  state: 'on' | 'off' | 'partly';
  /** Whether this node is a permission, so that `add` and `remove` can have its id. */
  grantable: boolean;
  deprecated?: true;
  /** Why it is granted or removed, if the selection names it. */
  from: Source[];
  children: Branch[];
  /** With a `depth`: how many children are left out. */
  more?: number;
}

/** Why a permission is granted or removed. */
export type Source =
  /** A chosen template grants it, itself or by one that it extends. */
  | { template: string }
  | { role: string }
  /** This entry of `add` names it. */
  | { added: string }
  /** This permission of the selection implies it. */
  | { impliedBy: string }
  /** This entry of `remove` names it. It wins over all others. */
  | { removed: string };

/** A warning about a selection. Branch on `code`. */
export type Warning =
  /** It grants nothing: `create` would refuse it. */
  | { code: 'empty' }
  /** The role `admin` is chosen: it grants everything. */
  | { code: 'admin_role' }
  /** A removed permission that a granted one implies. */
  | { code: 'implied_removed'; permission: string; impliedBy: string[] }
  | { code: 'deprecated'; permission: string; replacement?: string }
  /** It grants all of a recommended template, and more. */
  | { code: 'wider_than_recommended'; template: string; extra: string[] };
