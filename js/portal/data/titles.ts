import type { Catalog, PermissionNode } from '../../api/catalog.js';
import type { TokenRecord } from '../../api/token.js';

/** What people call what a catalog names by ids. An id that the catalog does not have stands for itself. */
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

  /** The service that offers a permission; absent: the catalog does not have it any more. */
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

  /** Permissions with all that they bring along. */
  closure(permissions: readonly string[]): ReadonlySet<string> {
    const closed = new Set(permissions);
    // A set is walked to its end, whatever is added on the way.
    for (const id of closed)
      for (const brought of this.#permissions.get(id)?.implies ?? []) closed.add(brought);
    return closed;
  }

  /** How many permissions there are in a service. */
  sizeOf(service: string): number {
    return [...this.#permissions.values()].filter((permission) => permission.service === service).length;
  }

  /** The short name of a selection: its templates, or what else it is made of. */
  scopeOf({ templates, permissions }: Pick<TokenRecord, 'templates' | 'permissions'>): string[] {
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

/** `__proto__` and the like are ids as good as others. */
function own<T>(members: Readonly<Record<string, T>> | undefined, id: string): T | undefined {
  return members !== undefined && Object.hasOwn(members, id) ? members[id] : undefined;
}
