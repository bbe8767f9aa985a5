import type { Catalog, PermissionNode } from '../../api/catalog.js';
import type { TokenSummary } from '../../api/token.js';

/** The titles of the ids of a catalog. An unknown id is its own title. */
export class Titles {
  readonly #catalog: Catalog;
  readonly #permissions = new Map<string, { title: string; service: string; implies: readonly string[] }>();
  readonly services: readonly string[];

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.services = Object.keys(catalog.services);
    for (const [id, service] of Object.entries(catalog.services)) this.#collect(id, service.permissions, id);
  }

  permission(id: string): string {
    return this.#permissions.get(id)?.title ?? id;
  }

  /** The service of a permission; absent if the catalog no longer has it. */
  serviceOf(permission: string): string | undefined {
    return this.#permissions.get(permission)?.service;
  }

  service(id: string): string {
    return own(this.#catalog.services, id)?.title ?? id;
  }

  template(id: string): string {
    return own(this.#catalog.templates, id)?.title ?? id;
  }

  role(id: string): string {
    return own(this.#catalog.roles, id)?.title ?? id;
  }

  /** Permissions with all that they imply. */
  closure(permissions: readonly string[]): ReadonlySet<string> {
    const closed = new Set(permissions);
    // Iteration over a set includes items that are added meanwhile.
    for (const id of closed)
      for (const brought of this.#permissions.get(id)?.implies ?? []) closed.add(brought);
    return closed;
  }

  /** How many permissions there are in a service. */
  sizeOf(service: string): number {
    return [...this.#permissions.values()].filter((permission) => permission.service === service).length;
  }

  /** The short name of a selection: its templates, or its other parts. */
  scopeOf({ templates, permissions = [] }: Pick<TokenSummary, 'templates' | 'permissions'>): string[] {
    if (templates.length > 0) return templates.map(({ id }) => this.template(id));
    return permissions.map((id) => this.permission(id));
  }

  #collect(path: string, nodes: Readonly<Record<string, PermissionNode | string>>, service: string): void {
    for (const [segment, node] of Object.entries(nodes)) {
      const id = `${path}:${segment}`;
      const {
        title,
        grantable,
        permissions,
        implies = [],
      } = typeof node === 'string' ? { title: node } : node;
      if (permissions === undefined || grantable === true)
        this.#permissions.set(id, { title, service, implies });
      if (permissions !== undefined) this.#collect(id, permissions, service);
    }
  }
}

/** How many permissions a token has. */
export function countOf({ permissions = [], permissionCount = permissions.length }: TokenSummary): number {
  return permissionCount;
}

/** `__proto__` is an id like any other. */
function own<T>(members: Readonly<Record<string, T>> | undefined, id: string): T | undefined {
  return members !== undefined && Object.hasOwn(members, id) ? members[id] : undefined;
}
