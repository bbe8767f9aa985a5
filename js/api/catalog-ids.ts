/**
 * The ids of a catalog as types: an editor completes them, and the compiler finds misspelt ones.
 */

import type { Catalog } from './catalog.js';

/** The ids of a catalog's type. For a catalog typed as JSON, each is `string`. */
export interface CatalogIds {
  template: string;
  permission: string;
  role: string;
  kind: string;
}

/** Any text; an editor completes these. */
export type Hint<Id extends string> = Id | (string & {});

/** The kinds of every catalog. Tokens of kind `session` come from an exchange only. */
type BuiltInKind = 'permission-set' | 'organization' | 'group' | 'personal';

/** The ids of a catalog, read from its type. */
export type IdsOf<C extends Catalog> =
  IsAny<C> extends true
    ? CatalogIds
    : {
        template: KeysOf<NonNullable<C['templates']>>;
        permission: PermissionsOf<C['services']>;
        role: 'admin' | KeysOf<NonNullable<C['roles']>>;
        kind: BuiltInKind | KeysOf<NonNullable<C['kinds']>>;
      };

/** The ids of all permissions of these services. */
export type PermissionsOf<Services> = string extends keyof Services
  ? string
  : {
      [Id in KeysOf<Services>]: Services[Id] extends { permissions: infer Nodes } ? Below<Nodes, Id> : never;
    }[KeysOf<Services>];

type Below<Nodes, Above extends string> = string extends keyof Nodes
  ? string
  : { [Segment in KeysOf<Nodes>]: At<Nodes[Segment], `${Above}:${Segment}`> }[KeysOf<Nodes>];

/** A node is a permission if it has no nodes below it, or is `grantable`. */
type At<Node, Id extends string> = Node extends { permissions: infer Nodes }
  ? Below<Nodes, Id> | (Node extends { grantable: infer Flag } ? (true extends Flag ? Id : never) : never)
  : Id;

type KeysOf<T> = keyof T & string;

type IsAny<T> = 0 extends 1 & T ? true : false;
