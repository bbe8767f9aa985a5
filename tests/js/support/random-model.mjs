/** Random catalogs, selections, resources and requirements: small, so that they overlap often. */

import { permissionsOf } from './naive-permissions.mjs';

const SEGMENTS = ['a', 'ab', 'b', 'ba'];
const PLACES = ['', 'org:a', 'org:ab', 'org:a/g:1', 'org:a/g:12', 'org:a/g:1/d:1', 'org:b/g:1'];

/** A catalog of a few services, with groups, implications, templates and a role. */
export function randomCatalog(random) {
  const services = Object.fromEntries(
    random.some(SEGMENTS, 3).map((id) => [id, { title: id, permissions: randomNodes(random, 3) }]),
  );
  services.z = { title: 'z', permissions: { a: 'A', b: 'B' } };
  const catalog = { services, templates: {}, roles: {} };
  // A permission implies only later ones of a random order, so that there are no circles.
  const ids = shuffled(random, [...permissionsOf(catalog).keys()]);
  for (const [index, id] of ids.entries()) {
    const implies = random.some(ids.slice(index + 1), random.once(2) ? 0 : 2);
    if (implies.length > 0) setImplied(catalog, id, implies);
  }
  for (const id of ['t1', 't2', 't3', 't4'].slice(random.below(3))) {
    const parents = random.some(Object.keys(catalog.templates), 2);
    const permissions = randomPatterns(random, ids, 3);
    if (parents.length + permissions.length === 0) permissions.push(random.pick(ids));
    catalog.templates[id] = { title: id, extends: parents, permissions, recommended: random.once(3) };
  }
  catalog.roles.user = { title: 'user', permissions: randomPatterns(random, ids, 3) };
  return catalog;
}

/** A selection of a catalog. It may be empty, and may remove everything. */
export function randomSelection(random, catalog) {
  const ids = [...permissionsOf(catalog).keys()];
  return {
    templates: random.some(Object.keys(catalog.templates), 3),
    add: randomPatterns(random, ids, 2),
    remove: random.once(2) ? [] : randomPatterns(random, ids, 2),
    ...(random.once(4) && { role: random.pick(['user', 'user', 'admin']) }),
  };
}

export const randomPlace = (random) => random.pick(PLACES);

/** Some permissions, each narrowed to resources within a boundary. */
export function randomNarrowing(random, permissions, boundary, covers) {
  const within = PLACES.filter((place) => covers(boundary, place));
  const narrowed = random.some(permissions, 3);
  return Object.fromEntries(narrowed.map((id) => [id, [random.pick(within), ...random.some(within, 1)]]));
}

/** A requirement in any of its forms, over some permissions. */
export function randomRequirement(random, ids) {
  const list = () => [random.pick(ids), ...random.some(ids, 2)];
  const needs = random.pick([
    () => ({ permission: random.pick(ids) }),
    () => ({ all: list() }),
    () => ({ any: list() }),
    () => ({ expr: randomExpression(random, ids, 3) }),
  ])();
  if (random.once(2)) return { ...needs, resource: randomPlace(random) };
  return random.once(2) ? (needs.permission ?? needs.all ?? needs.expr ?? needs) : needs;
}

/** An expression, with parentheses where they are needed and where they are not. */
function randomExpression(random, ids, depth) {
  if (depth === 0 || random.once(3)) return random.pick(ids);
  const parts = Array.from({ length: 2 + random.below(2) }, () => randomExpression(random, ids, depth - 1));
  const text = parts.join(random.pick([' AND ', ' OR ']));
  return random.once(2) ? `(${text})` : text;
}

/** Patterns that match something: permissions with some segments replaced by wildcards. */
export function randomPatterns(random, ids, most) {
  const patterns = random.some(ids, most).map((id) =>
    id
      .split(':')
      .map((segment) => random.pick([segment, segment, `${segment[0]}*`, `*${segment.at(-1)}`, '*', '**']))
      .join(':'),
  );
  return [...new Set(patterns)];
}

function randomNodes(random, depth) {
  const segments = [random.pick(SEGMENTS), ...random.some(SEGMENTS, 2)];
  return Object.fromEntries(
    segments.map((segment) => {
      if (depth === 1 || random.once(2)) return [segment, random.once(2) ? segment : { title: segment }];
      const permissions = randomNodes(random, depth - 1);
      return [segment, { title: segment, permissions, ...(random.once(2) && { grantable: true }) }];
    }),
  );
}

function setImplied(catalog, id, implies) {
  const [service, ...path] = id.split(':');
  let nodes = catalog.services[service].permissions;
  for (const segment of path.slice(0, -1)) nodes = nodes[segment].permissions;
  const last = path.at(-1);
  if (typeof nodes[last] === 'string') nodes[last] = { title: nodes[last] };
  nodes[last].implies = implies;
}

function shuffled(random, items) {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]);
}
