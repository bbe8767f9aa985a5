/** How the time of each operation grows with the size of the data: linear is an exponent of 1. */

import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { actor, catalog, catalogOf, createToken, prefix } from '../contestants/leastkey.mjs';
import { quartiles } from '../race/race.mjs';
import { required } from '../scenario.mjs';
import { bigStore } from '../store.mjs';

const SIZES = [100, 1_000, 10_000, 100_000];

/** A larger exponent is not linear; this allows for noise. */
const LINEAR = 1.1;

const OWNER = 'org:0';

/** How often each is measured, and its minimum time in milliseconds. */
const TIMES = 5;
const LONG_ENOUGH = 20;

/** Operations on a catalog of this number of permissions, in services of 100. */
export async function ofCatalog(size) {
  const permissions = Array.from(
    { length: size },
    (_, at) => `service-${at % Math.ceil(size / 100)}:action-${at}`,
  );
  const routed = {
    services: Object.fromEntries(
      Object.entries(catalogOf(permissions).services).map(([service, { title, permissions: actions }]) => [
        service,
        {
          title,
          permissions: Object.fromEntries(Object.keys(actions).map((id) => [id, withRoute(service, id)])),
        },
      ]),
    ),
  };
  const everything = { all: { title: 'All', permissions: ['**'] } };
  const options = {
    catalog: { ...catalogOf(permissions), templates: everything },
    store: memoryStore(),
    prefix,
  };
  const tokens = await createTokens(options);
  const selection = { templates: ['all'] };
  if (tokens.resolve(selection, { tree: false }).permissions.length !== size)
    throw new Error('Not all is all.');
  return {
    'compile a catalog': () => createTokens(options),
    'compile one with a route each': () => createTokens({ ...options, catalog: routed }),
    'resolve everything': () => tokens.resolve(selection, { tree: false }),
    'resolve with the tree': () => tokens.resolve(selection),
  };
}

const withRoute = (service, id) => ({ title: id, routes: [`GET /{org}/${service}/{id}/${id}`] });

/**
 * Operations with this number of tokens of one owner; `grow` adds to the tokens of the previous
 * size.
 */
export function ofTokens() {
  let clock = Date.now();
  const store = bigStore();
  let created = 0;
  let tokens;
  const credentials = [];
  return async (size) => {
    tokens ??= await createTokens({ catalog, store, prefix, freshness: '5s', now: () => clock });
    for (; created < size; created += 1) {
      const credential = await createToken(tokens, created, { owner: OWNER });
      if (credentials.length < CACHED) credentials.push(credential);
    }
    for (const credential of credentials) await tokens.verify(credential);
    const [credential] = credentials;
    return {
      'create one more': async () => {
        await createToken(tokens, created, { owner: OWNER });
        created += 1;
      },
      'list all, page by page': async () => {
        let found = 0;
        for (let after, more = true; more; more = after !== undefined) {
          const { items, next } = await tokens.list({ owner: OWNER, limit: 200, after }, actor);
          found += items.length;
          after = next;
        }
        if (found !== created) throw new Error(`Listed ${found} of ${created} tokens.`);
      },
      'read the feed, and verify': () => {
        clock += 6_000;
        if (tokens.verifySync(credential, required)?.valid !== true) throw new Error('The verdict is wrong.');
      },
    };
  };
}

/** The number of tokens that an instance caches. */
const CACHED = 10_000;

/** Processor time of one call, in nanoseconds. */
async function timeOf(call) {
  const times = [];
  // The first run is a warm-up.
  for (let time = 0; time <= TIMES; time += 1) {
    const cpu = process.cpuUsage();
    const end = performance.now() + LONG_ENOUGH;
    let calls = 0;
    for (; calls === 0 || performance.now() < end; calls += 1) {
      const answer = call();
      if (answer instanceof Promise) await answer;
    }
    const { user, system } = process.cpuUsage(cpu);
    times.push(((user + system) * 1_000) / calls);
  }
  return quartiles(times.slice(1)).median;
}

async function measure() {
  const found = new Map();
  const grow = ofTokens();
  for (const size of SIZES) {
    for (const [who, call] of Object.entries({ ...(await ofCatalog(size)), ...(await grow(size)) })) {
      found.set(who, [...(found.get(who) ?? []), await timeOf(call)]);
    }
  }
  return [...found].map(([who, times]) => ({
    who,
    ours: true,
    unit: 'exponent',
    target: LINEAR,
    median: exponentOf(times),
    note: times.map(inUnits).join(', '),
  }));
}

/**
 * The slope of the line through the logarithms, from a thousand on: below that, the fixed cost of a
 * call hides it.
 */
function exponentOf(times) {
  const points = times.map((time, at) => [Math.log10(SIZES[at]), Math.log10(time)]).slice(1);
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, time]) => time)];
  return mean(([at, time]) => (at - x) * (time - y)) / mean(([at]) => (at - x) ** 2);
}

function inUnits(nanoseconds) {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} µs`;
  return nanoseconds < 1e9
    ? `${(nanoseconds / 1e6).toPrecision(3)} ms`
    : `${(nanoseconds / 1e9).toPrecision(3)} s`;
}

export const parts = [
  {
    key: 'growth',
    title: 'Growth from 1,000 to 100,000 (times at 100, 1,000, 10,000 and 100,000)',
    estimate: 180_000,
    measure,
  },
];
