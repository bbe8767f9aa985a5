/** A catalog as it grows: permissions with a route each, compiled, matched and resolved. */

import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { catalogOf, prefix } from '../contestants/leastkey.mjs';
import { growthRows, inUnits } from '../growth-rows.mjs';
import { quartiles } from '../race/race.mjs';
import { sha256Block } from '../sha256-block.mjs';

/** The number of routes of the largest public APIs. */
const ROUTES = 30_000;

/** A match takes at most as long as so many blocks of SHA-256 in WebAssembly. */
const MAX_BLOCKS = 4;

/** How often the two are compared, and how many calls of each a comparison has. */
const ROUNDS = 31;
const CALLS = 3_000;

const serviceOf = (at, size) => `service-${at % Math.ceil(size / 100)}`;

/** A catalog of this number of permissions with a route each, in services of 100. */
function routedCatalog(size) {
  const permissions = Array.from({ length: size }, (_, at) => `${serviceOf(at, size)}:action-${at}`);
  const { services } = catalogOf(permissions);
  const withRoute = (service, id) => ({ title: id, routes: [`GET /v1/{org}/${service}/{id}/${id}`] });
  const routed = Object.entries(services).map(([service, { title, permissions: actions }]) => [
    service,
    {
      title,
      permissions: Object.fromEntries(Object.keys(actions).map((id) => [id, withRoute(service, id)])),
    },
  ]);
  return { services: Object.fromEntries(routed), templates: { all: { title: 'All', permissions: ['**'] } } };
}

/** Paths that one route each matches. No two are the same, as with ids in them. */
const pathsOf = (size, count) =>
  Array.from({ length: count }, (_, at) => {
    const route = (at * 7_919) % size;
    return `/v1/acme-${at}/${serviceOf(route, size)}/device-${at}/action-${route}`;
  });

/** Matches one path after the other, each for the first time in a long while. */
function matching(tokens, paths) {
  for (const path of paths) {
    const [, , service, , action] = path.slice(1).split('/');
    if (tokens.match('GET', path)?.permission !== `${service}:${action}`)
      throw new Error(`The requirement of ${path} is wrong.`);
  }
  let at = 0;
  return () => {
    at = at + 1 === paths.length ? 0 : at + 1;
    return tokens.match('GET', paths[at]);
  };
}

/** Operations on a catalog of this number of permissions and routes. */
export async function ofCatalog(size) {
  const catalog = routedCatalog(size);
  const options = { catalog, store: memoryStore(), prefix };
  const tokens = await createTokens(options);
  const everything = { templates: ['all'] };
  if (tokens.resolve(everything).permissions.length !== size) throw new Error('Not all is all.');
  const some = tokens.expand('service-0:*').slice(0, 50);
  const plain = { ...options, catalog: { ...catalog, services: withoutRoutes(catalog.services) } };
  return {
    'compile, without routes': () => createTokens(plain),
    'compile, with a route each': () => createTokens(options),
    'match a request': matching(tokens, pathsOf(size, 5_000)),
    'resolve everything': () => tokens.resolve(everything),
    'resolve everything, and read the tree': () => tokens.resolve(everything).tree,
    'resolve one service, and read one level': () =>
      tokens.resolve({ add: ['service-0:*'] }, { tree: { below: 'service-0', depth: 1 } }),
    'suggest for 50 permissions': () => tokens.suggest(some),
  };
}

const withoutRoutes = (services) =>
  Object.fromEntries(
    Object.entries(services).map(([id, { title, permissions }]) => [
      id,
      { title, permissions: Object.fromEntries(Object.keys(permissions).map((name) => [name, name])) },
    ]),
  );

/** A match in blocks of SHA-256, in turns, so that the load of the machine is the same for both. */
async function matchInBlocks() {
  const tokens = await createTokens({ catalog: routedCatalog(ROUTES), store: memoryStore(), prefix });
  const { compress } = sha256Block();
  const timeIn = (call) => {
    const start = process.cpuUsage();
    for (let calls = 0; calls < CALLS; calls += 1) call();
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1_000) / CALLS;
  };
  const rows = [];
  for (const [who, paths, target] of [
    [`match among ${ROUTES.toLocaleString('en')} routes`, pathsOf(ROUTES, ROUTES), MAX_BLOCKS],
    ['the same request again', pathsOf(ROUTES, 1), undefined],
  ]) {
    const match = matching(tokens, paths);
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) rounds.push([timeIn(match), timeIn(compress)]);
    const counted = rounds.slice(1);
    const [time, block] = [0, 1].map((of) => quartiles(counted.map((pair) => pair[of])).median);
    rows.push({
      who,
      ours: true,
      unit: 'blocks of SHA-256',
      ...(target !== undefined && { target }),
      ...quartiles(counted.map(([match, block]) => match / block)),
      note: `${inUnits(time)}; a block in WebAssembly ${inUnits(block)}`,
    });
  }
  return rows;
}

async function measure() {
  return [...(await growthRows(ofCatalog)), ...(await matchInBlocks())];
}

export const parts = [
  {
    key: 'catalog',
    title: 'Growth with the catalog (times at 100, 1,000, 10,000 and 100,000 permissions and routes)',
    estimate: 120_000,
    measure,
  },
];
