/** The permissions of a valid catalog as a flat list, with the members of the document. */

import type { Catalog, PermissionNode } from '../api/catalog.js';

/** A route as the document has it: `GET /orgs/{org}`, perhaps with the resource of the request. */
export interface RouteEntry {
  route: string;
  resource?: string;
}

export interface PermissionEntry {
  id: string;
  title: string;
  description?: string;
  routes: RouteEntry[];
  implies: readonly string[];
  was: readonly string[];
  deprecated: boolean;
}

/** All permissions, in the order of the document. */
export function permissionsOf(catalog: Catalog): PermissionEntry[] {
  return Object.keys(catalog.services).flatMap((service) => permissionsOfService(catalog, service));
}

/** The permissions of one service, in the order of the document. */
export function permissionsOfService({ services }: Catalog, service: string): PermissionEntry[] {
  return below(service, services[service]?.permissions ?? {});
}

function below(above: string, nodes: Record<string, PermissionNode | string>): PermissionEntry[] {
  return Object.entries(nodes).flatMap(([segment, node]) => {
    const id = `${above}:${segment}`;
    if (typeof node === 'string') return [entryOf(id, { title: node })];
    const { permissions, grantable = false } = node;
    const own = permissions === undefined || grantable ? [entryOf(id, node)] : [];
    return permissions === undefined ? own : [...own, ...below(id, permissions)];
  });
}

function entryOf(id: string, node: PermissionNode): PermissionEntry {
  const { title, description, routes = [], implies = [], was = [], deprecated = false } = node;
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    routes: routes.map((route) => (typeof route === 'string' ? { route } : route)),
    implies,
    was,
    deprecated: deprecated !== false,
  };
}
