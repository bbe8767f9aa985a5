/** What is different between two versions of a catalog. */

import type { Catalog } from '../api/catalog.js';
import type { Tokens } from '../api/tokens.js';
import { permissionsOf } from './catalog-entries.js';

/** A valid catalog, with the deployment that resolves by it. */
export interface CompiledCatalog {
  catalog: Catalog;
  tokens: Tokens;
}

export interface CatalogDiff {
  permissions: {
    added: string[];
    /** `isRetired`: no later catalog can define it with another meaning. */
    removed: { id: string; isRetired: boolean }[];
    /** By `was`: tokens with all ids of `from` have `to`. */
    renamed: { from: readonly string[]; to: string }[];
    deprecated: string[];
  };
  routes: {
    added: RouteNeeds[];
    removed: RouteNeeds[];
    /** Requests that need something else. */
    changed: { route: string; before: string[]; after: string[] }[];
  };
  templates: BundleDiff;
  roles: BundleDiff;
  kinds: {
    added: string[];
    removed: { id: string; isRetired: boolean }[];
    /** With the members that differ, such as `lifetime`. */
    changed: { id: string; members: string[] }[];
  };
}

/** A route with the permissions that a request needs by it; with `on` and the resource, if any. */
export interface RouteNeeds {
  route: string;
  needs: string[];
}

export interface BundleDiff {
  added: string[];
  removed: string[];
  changed: BundleChange[];
}

/** A template or role that gives other permissions. */
export interface BundleChange {
  id: string;
  adds: string[];
  drops: string[];
  /** Of a template: its version before and after. */
  version?: [before: number, after: number];
}

export function diffOf(before: CompiledCatalog, after: CompiledCatalog): CatalogDiff {
  const [old, next] = [permissionsOf(before.catalog), permissionsOf(after.catalog)];
  const [oldIds, nextIds] = [idsOf(old), idsOf(next)];
  const renamed = next
    .filter(({ was }) => was.some((id) => oldIds.has(id)))
    .map(({ id, was }) => ({ from: was, to: id }));
  const successorOf = new Map(renamed.flatMap(({ from, to }) => from.map((id) => [id, to])));
  const deprecatedBefore = idsOf(old.filter(({ deprecated }) => deprecated));
  const isRetired = (id: string) => after.catalog.retired?.includes(id) === true;
  return {
    permissions: {
      added: next.filter(({ id }) => !oldIds.has(id) && !isIn(renamed, id)).map(({ id }) => id),
      removed: old
        .filter(({ id }) => !nextIds.has(id) && !successorOf.has(id))
        .map(({ id }) => ({ id, isRetired: isRetired(id) })),
      renamed,
      deprecated: next
        .filter(({ id, deprecated }) => deprecated && oldIds.has(id) && !deprecatedBefore.has(id))
        .map(({ id }) => id),
    },
    // A permission that was renamed is the same one.
    routes: routesDiff(routesOf(before.catalog, successorOf), routesOf(after.catalog)),
    templates: bundlesDiff(before, after, 'templates', successorOf),
    roles: bundlesDiff(before, after, 'roles', successorOf),
    kinds: kindsDiff(before.catalog, after.catalog, isRetired),
  };
}

/** Whether there is no difference. */
export function isSame(diff: CatalogDiff): boolean {
  return Object.values(diff).every((part) =>
    Object.values(part as Record<string, unknown[]>).every((list) => list.length === 0),
  );
}

const idsOf = (entries: readonly { id: string }[]) => new Set(entries.map(({ id }) => id));
const isIn = (renamed: readonly { to: string }[], id: string) => renamed.some(({ to }) => to === id);

/** By route, what a request needs. */
function routesOf(
  catalog: Catalog,
  successorOf: ReadonlyMap<string, string> = new Map(),
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, routes } of permissionsOf(catalog)) {
    for (const { route, resource } of routes) {
      const name = successorOf.get(id) ?? id;
      const needs = resource === undefined ? name : `${name} on ${resource}`;
      found.set(route, [...(found.get(route) ?? []), needs].sort());
    }
  }
  return found;
}

function routesDiff(
  before: ReadonlyMap<string, string[]>,
  after: ReadonlyMap<string, string[]>,
): CatalogDiff['routes'] {
  const only = (one: ReadonlyMap<string, string[]>, other: ReadonlyMap<string, string[]>) =>
    [...one].filter(([route]) => !other.has(route)).map(([route, needs]) => ({ route, needs }));
  const changed = [...before].flatMap(([route, needs]) => {
    const now = after.get(route);
    return now === undefined || `${now}` === `${needs}` ? [] : [{ route, before: needs, after: now }];
  });
  return { added: only(after, before), removed: only(before, after), changed };
}

function bundlesDiff(
  before: CompiledCatalog,
  after: CompiledCatalog,
  of: 'templates' | 'roles',
  successorOf: ReadonlyMap<string, string>,
): BundleDiff {
  const [old, next] = [before.catalog[of] ?? {}, after.catalog[of] ?? {}];
  const changed = Object.keys(next)
    .filter((id) => Object.hasOwn(old, id))
    .flatMap((id): BundleChange[] => {
      const selection = of === 'templates' ? { templates: [id] } : { role: id };
      const [had, has] = [before, after].map(
        ({ tokens }) => new Set(tokens.resolve(selection, { tree: false }).permissions),
      ) as [Set<string>, Set<string>];
      const kept = new Set([...had].map((permission) => successorOf.get(permission) ?? permission));
      const adds = [...has].filter((permission) => !kept.has(permission));
      const drops = [...kept].filter((permission) => !has.has(permission));
      const version = [old[id], next[id]].map((bundle) => (bundle as { version?: number })?.version ?? 1);
      const isOther = adds.length > 0 || drops.length > 0 || version[0] !== version[1];
      if (!isOther) return [];
      return [{ id, adds, drops, ...(of === 'templates' && { version: version as [number, number] }) }];
    });
  return {
    added: Object.keys(next).filter((id) => !Object.hasOwn(old, id)),
    removed: Object.keys(old).filter((id) => !Object.hasOwn(next, id)),
    changed,
  };
}

function kindsDiff(
  before: Catalog,
  after: Catalog,
  isRetired: (id: string) => boolean,
): CatalogDiff['kinds'] {
  const [old, next] = [before.kinds ?? {}, after.kinds ?? {}];
  const changed = Object.entries(next).flatMap(([id, kind]) => {
    const then = old[id];
    if (then === undefined) return [];
    const names = new Set([...Object.keys(then), ...Object.keys(kind)]) as Set<keyof typeof kind>;
    const members = [...names].filter((name) => JSON.stringify(then[name]) !== JSON.stringify(kind[name]));
    return members.length === 0 ? [] : [{ id, members }];
  });
  return {
    added: Object.keys(next).filter((id) => !Object.hasOwn(old, id)),
    removed: Object.keys(old)
      .filter((id) => !Object.hasOwn(next, id))
      .map((id) => ({ id, isRetired: isRetired(id) })),
    changed,
  };
}
