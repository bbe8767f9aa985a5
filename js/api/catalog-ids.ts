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

/**
 * An id of the catalog: a literal has to be one, and an editor completes it. A text that is known
 * at run time only, such as one of a form, is accepted: `Text` is then `string`.
 */
export type Known<Id extends string, Text extends string> = Id | (string extends Text ? Text : never);

/** The ids that a call takes: {@link Known} ones, of the texts that it was given. */
export interface Given<
  Ids extends CatalogIds,
  Template extends string,
  Permission extends string,
  Role extends string,
  Kind extends string = never,
> {
  template: Known<Ids['template'], Template>;
  permission: Known<Ids['permission'], Permission>;
  role: Known<Ids['role'], Role>;
  kind: Known<Ids['kind'], Kind>;
}

/** The kinds of every catalog. Tokens of kind `session` come from an exchange only. */
type BuiltInKind = 'permission-set' | 'organization' | 'group' | 'personal';

/** A catalog with its ids in its type, as `leastkey catalog types` writes it for a JSON file. */
export interface TypedCatalog<Ids extends CatalogIds> extends Catalog {
  /** Only in the type. */
  readonly '~ids': () => Ids;
}

/**
 * The ids of a catalog, read from its type.
 *
 * @example
 * // A name of its own keeps the types of a large catalog short in an editor.
 * interface Ids extends IdsOf<typeof catalog> {}
 * const tokens: Tokens<Ids> = await createTokens({ catalog, store, prefix: 'acme_live' });
 */
export type IdsOf<C extends Catalog> =
  IsAny<C> extends true
    ? CatalogIds
    : C extends { readonly '~ids': () => infer Ids extends CatalogIds }
      ? Ids
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
