import type { Catalog, Kind, Role, Service, Template } from './catalog.js';
import type { PermissionsOf } from './catalog-ids.js';

/** A catalog with its ids in its type. */
export interface DefinedCatalog<
  Services extends Record<string, Service>,
  TemplateId extends string,
  RoleId extends string,
  KindId extends string = never,
> extends Omit<Catalog, 'services' | 'templates' | 'roles' | 'kinds'> {
  services: Services;
  templates: { [Id in TemplateId]: Template };
  roles: { [Id in RoleId]: Role };
  kinds: { [Id in KindId]: Kind };
}

/**
 * Returns the catalog unchanged, with its ids in its type: a misspelt id in `extends`, in `implies`
 * or in a permission without a star is a compile error. `createTokens` reports all other problems.
 * A catalog that was read from JSON does not need this function.
 *
 * @example
 * const catalog = defineCatalog({
 *   services: { messages: { title: 'Messages', permissions: { send: 'Send', read: 'Read' } } },
 *   templates: {
 *     sender: { title: 'Send only', permissions: ['messages:send'] },
 *     both: { title: 'Send and read', extends: ['sender'], permissions: ['messages:*'] },
 *   },
 * });
 */
export function defineCatalog<
  const Services extends Record<string, Service>,
  const TemplateId extends string = never,
  const RoleId extends string = never,
  const KindId extends string = never,
>(
  catalog: CheckedCatalog<Services, TemplateId, RoleId, KindId>,
): DefinedCatalog<Services, TemplateId, RoleId, KindId> {
  return catalog as unknown as DefinedCatalog<Services, TemplateId, RoleId, KindId>;
}

/** The parameter: `Services` and the ids are inferred once, then checked against each other. */
type CheckedCatalog<
  Services extends Record<string, Service>,
  TemplateId extends string,
  RoleId extends string,
  KindId extends string,
> = Omit<Catalog, 'services' | 'templates' | 'roles' | 'kinds'> & {
  services: Services & CheckedServices<Services>;
  templates?: { [Id in TemplateId]: CheckedTemplate<NoInfer<TemplateId>, PermissionsOf<NoInfer<Services>>> };
  roles?: { [Id in RoleId]: CheckedRole<PermissionsOf<NoInfer<Services>>> };
  kinds?: { [Id in KindId]: Kind };
};

type CheckedServices<Services> = {
  [Id in keyof Services]: {
    [Member in keyof Services[Id]]: Member extends 'permissions'
      ? CheckedNodes<Services[Id][Member], PermissionsOf<Services>>
      : Services[Id][Member];
  };
};

type CheckedNodes<Nodes, Permission extends string> = {
  [Segment in keyof Nodes]: Nodes[Segment] extends string
    ? Nodes[Segment]
    : {
        [Member in keyof Nodes[Segment]]: Member extends 'implies'
          ? readonly Permission[]
          : Member extends 'permissions'
            ? CheckedNodes<Nodes[Segment][Member], Permission>
            : Nodes[Segment][Member];
      };
};

/** An existing permission, or a pattern, which the compiled catalog resolves. */
type PatternOver<Permission extends string> = Permission | `${string}*${string}`;

type CheckedTemplate<TemplateId extends string, Permission extends string> = Omit<
  Template,
  'extends' | 'permissions'
> & { extends?: readonly TemplateId[]; permissions?: readonly PatternOver<Permission>[] };

type CheckedRole<Permission extends string> = Omit<Role, 'permissions'> & {
  permissions: readonly PatternOver<Permission>[];
};
