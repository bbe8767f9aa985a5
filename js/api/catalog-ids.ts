/**
 * The ids of a catalog in its type, so that an editor offers them and the compiler finds a misspelt
 * one.
 */

import type { Catalog } from './catalog.js';

/**
 * The ids that a catalog's type tells. Of a catalog that is only known as JSON each is any
 * `string`.
 */
export interface CatalogIds {
  template: string;
  permission: string;
  role: string;
}

/** Any text, of which an editor offers these. */
export type Hint<Id extends string> = Id | (string & {});

/** The ids of a catalog, read from its type. */
export type IdsOf<C extends Catalog> =
  IsAny<C> extends true
    ? CatalogIds
    : {
        template: KeysOf<NonNullable<C['templates']>>;
        permission: PermissionsOf<C['services']>;
        role: 'admin' | KeysOf<NonNullable<C['roles']>>;
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

/**
 * A node is a permission, unless others stand below it and it does not say that it is `grantable`.
 */
type At<Node, Id extends string> = Node extends { permissions: infer Nodes }
  ? Below<Nodes, Id> | (Node extends { grantable: infer Flag } ? (true extends Flag ? Id : never) : never)
  : Id;

type KeysOf<T> = keyof T & string;

type IsAny<T> = 0 extends 1 & T ? true : false;
