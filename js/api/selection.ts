import type { CatalogIds, Hint } from './catalog-ids.js';

/** What a person ticked: the part of `create`'s input that says what a token may do. */
export interface Selection<Ids extends CatalogIds = CatalogIds> {
  /** Templates of the catalog. */
  templates?: readonly Ids['template'][];
  /** Permissions and patterns on top. */
  add?: readonly Hint<Ids['permission']>[];
  /**
   * Permissions and patterns taken away again. This wins over everything else, what is implied
   * included.
   */
  remove?: readonly Hint<Ids['permission']>[];
  role?: Ids['role'];
  /**
   * Permissions that are held on some resources only: `{ 'policies:read': ['org:acme/group:eng']
   * }`.
   */
  resources?: Readonly<Record<string, readonly string[]>>;
}

/** What `resolve` leaves out. */
export interface ResolveOptions {
  /**
   * Whether to make the tree. Default true; a caller that wants the permissions alone saves most of
   * the time.
   */
  tree?: boolean;
}

/** What a selection comes to, before a token is made of it. */
export interface Preview {
  /** Exactly the permissions that a token of this selection would hold, sorted. */
  permissions: string[];
  /**
   * Those that it would hold on some resources only: what was narrowed, and what only narrowed
   * permissions imply.
   */
  resources?: Record<string, string[]>;
  /** The services of the catalog, in its order. Absent when it was not asked for. */
  tree?: Branch[];
  /** What a person should know before saving. None of it is an error. */
  warnings: Warning[];
}

/** A node of the tree: a service, a group of permissions, or a permission. */
export interface Branch {
  /** The id of a service (`messages`), a group or a permission (`messages:send`). */
  id: string;
  title: string;
  description?: string;
  /** `on`: all that stands here and below is given. `off`: nothing of it. `partly`: some of it. */
  state: 'on' | 'off' | 'partly';
  /** Whether this node is a permission, so that its id can stand in `add` and `remove`. */
  grantable: boolean;
  deprecated?: true;
  /** Where it comes from, if it is a permission that something in the selection names. */
  from: Source[];
  children: Branch[];
}

/** Why a permission is given, or taken away. */
export type Source =
  /** A template that was chosen gives it, by itself or by one that it extends. */
  | { template: string }
  | { role: string }
  /** This entry of `add` names it. */
  | { added: string }
  /** This permission of the selection brings it along. */
  | { impliedBy: string }
  /** This entry of `remove` names it, which wins over all others. */
  | { removed: string };

/** Something to show beside a selection. Branch on `code`. */
export type Warning =
  /** Nothing is given: `create` would refuse this. */
  | { code: 'empty' }
  /** The role `admin` is chosen: everything that there is. */
  | { code: 'admin_role' }
  /** Removed, although what is still given implies it: whoever has the one expects the other. */
  | { code: 'implied_removed'; permission: string; impliedBy: string[] }
  | { code: 'deprecated'; permission: string; replacement?: string }
  /** All that a recommended template gives, and this besides. */
  | { code: 'wider_than_recommended'; template: string; extra: string[] };
