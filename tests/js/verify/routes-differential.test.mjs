/**
 * Random routes and requests: the matcher of the core beside a naive one, which is written with
 * regular expressions and compares routes by trying out texts.
 *
 * LEASTKEY_ROUTE_PAIRS says how many pairs of a route and a request: `npm run routes` compares a
 * million.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { Random, seed } from '../support/random.mjs';

const PAIRS = Number(process.env.LEASTKEY_ROUTE_PAIRS ?? 50_000);
const ROUTES = 24;
const REQUESTS = 100;

const random = new Random(seed);
const escaped = (literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const many = (most, make) => Array.from({ length: 1 + random.below(most) }, make);

/** A segment of a route: literals and parameters in turn. */
function segment() {
  const literal = () => random.pick(['a', 'b', 'ab', '-', ':a', '.b', '...', 'A', 'a-b', '2']);
  if (random.below(3) === 0) return [literal()];
  if (random.below(2) === 0) return [undefined];
  const parts = many(3, () => [undefined, literal()]).flat();
  if (random.below(2) === 0) parts.pop();
  if (random.below(2) === 0) parts.unshift(literal());
  return parts;
}

/** A route with a parameter as `undefined`; `resource` is the parameter that its resource has. */
function route(at) {
  const segments = many(3, segment);
  const hasTail = random.below(5) === 0;
  const endsInSlash = !hasTail && random.below(10) === 0;
  let next = 0;
  const written = segments.map((parts) => parts.map((part) => part ?? `{p${next++}}`).join(''));
  // "." and ".." are no segments, and ":a" at the start is the parameter of another router.
  if (written.some((text) => text === '...' || text.startsWith(':'))) return route(at);
  const resource = next > 0 && random.below(3) === 0 ? random.below(next) : undefined;
  const tail = hasTail ? '/{rest*}' : endsInSlash ? '/' : '';
  return { at, segments, hasTail, endsInSlash, resource, text: `GET /${written.join('/')}${tail}` };
}

const patternOf = (parts, parameter) =>
  parts.map((part) => (part === undefined ? parameter : escaped(part))).join('');

/** The regular expression of a route. With the flag `i`, also without a slash at its end. */
function expression({ segments, hasTail, endsInSlash }, flags) {
  const path = segments.map((parts) => `/${patternOf(parts, '[^/]+')}`).join('');
  const slash = flags === 'i' ? '/?' : endsInSlash ? '/' : '';
  return new RegExp(`^${path}${hasTail ? '(?:/[^/]+)+' : ''}${slash}$`, flags);
}

/**
 * Whether all texts of one route are texts of the other: tried with texts that nothing else
 * matches.
 */
function isWithin(one, other, flags) {
  const texts = ['\u{1}', '\u{1}\u{2}'].flatMap((value) => {
    const path = one.segments.map((parts) => `/${parts.map((part) => part ?? value).join('')}`).join('');
    const ends = one.hasTail
      ? [`/${value}`, `/${value}/${value}`, '/a/a/a/a/a']
      : [one.endsInSlash ? '/' : ''];
    return ends.map((end) => path + end);
  });
  return texts.every((text) => expression(other, flags).test(text));
}

const narrowest = (found, flags) =>
  found.filter((one) => !found.some((other) => isWithin(other, one, flags) && !isWithin(one, other, flags)));

/** The path as other servers read it: not decoded, or without what could be a format. */
function readingsOf(raw, decoded, found) {
  const slash = decoded.lastIndexOf('/');
  const dot = decoded.indexOf('.', slash);
  const hasDot = ({ segments, hasTail }) => !hasTail && segments.at(-1).some((part) => part?.includes('.'));
  const stem = dot > slash + 1 && !found.every(hasDot) ? [decoded.slice(0, dot)] : [];
  return [...(raw === decoded ? [] : [raw]), ...stem];
}

/** What a request needs, by the rules of the guide; `null` where nothing matches. */
function naive(routes, raw) {
  const decoded = decodeURIComponent(raw);
  const path = decoded.length > 1 ? decoded.replace(/\/$/, '') : decoded;
  const folded = routes.filter((one) => expression(one, 'i').test(decoded));
  const exact = routes.filter((one) => expression(one, '').test(decoded));
  const best = narrowest(folded, 'i');
  const isSame = (one, other) => isWithin(one, other, 'i') && isWithin(other, one, 'i');
  const isKnown = (one) => best.some((other) => isSame(one, other));
  if (exact.length === 0 || !best.every((one) => exact.some((other) => isSame(one, other)))) return null;
  for (const reading of readingsOf(raw.length > 1 ? raw.replace(/\/$/, '') : raw, path, best)) {
    const there = routes.filter((one) => expression(one, 'i').test(reading));
    if (!narrowest(there, 'i').every(isKnown)) return null;
  }
  const needed = new Set([...narrowest(exact, ''), ...folded.filter(isKnown)]);
  const items = new Set();
  for (const one of needed) {
    if (one.resource === undefined) {
      items.add(`s:p${one.at}`);
      continue;
    }
    const [nth, index] = placeOf(one);
    const text = decoded.split('/')[nth + 1];
    const parts = one.segments[nth];
    // The longest and the shortest values are the same if the segment has one reading.
    const [long, short] = ['([^/]+)', '([^/]+?)'].map((parameter) =>
      new RegExp(`^${patternOf(parts, parameter)}$`).exec(text)?.join('/'),
    );
    if (long === undefined || long !== short || (parts.length > 1 && raw.split('/')[nth + 1] !== text))
      return null;
    const value = long.split('/')[1 + index];
    if (!/^[A-Za-z0-9._~@+=,:-]+$/.test(value)) return null;
    items.add(`s:p${one.at} r:${value}`);
  }
  return [...items].sort();
}

/** The segment of the parameter of the resource, and its index in that segment. */
function placeOf({ segments, resource }) {
  const places = segments.flatMap((parts, nth) =>
    parts.filter((part) => part === undefined).map((_, index) => [nth, index]),
  );
  return places[resource];
}

/** A path that is near to a route. */
function request(routes) {
  const { segments, hasTail, endsInSlash } = random.pick(routes);
  const value = () =>
    many(2, () => random.pick(['a', 'b', 'x', '-', '.b', ':a', '2', '%20', 'A', '...'])).join('');
  const path = segments.map((parts) => `/${parts.map((part) => part ?? value()).join('')}`).join('');
  return (
    path +
    (hasTail || random.below(10) === 0 ? `/${value()}` : '') +
    (endsInSlash || random.below(20) === 0 ? '/' : '')
  );
}

const inOrder = (found) => {
  if (found === null) return null;
  const items = 'all' in found ? found.all : [found];
  return items
    .map(({ permission, resource }) => permission + (resource === undefined ? '' : ` ${resource}`))
    .sort();
};

test(`routes are matched as a naive matcher matches them, in ${PAIRS} pairs`, async () => {
  let [pairs, matched, several] = [0, 0, 0];
  while (pairs < PAIRS) {
    const routes = many(ROUTES, () => 0).map((_, at) => route(at));
    const permissions = routes.map(({ at, text, resource }) => {
      const entry = resource === undefined ? text : { route: text, resource: `r:{p${resource}}` };
      return [`p${at}`, { title: 'P', routes: [entry] }];
    });
    const catalog = { services: { s: { title: 'S', permissions: Object.fromEntries(permissions) } } };
    const verifier = await createVerifier({ catalog, store: memoryStore(), prefix: 'test' });
    for (let nth = 0; nth < REQUESTS; nth += 1) {
      const path = request(routes);
      const segments = decodeURIComponent(path).split('/');
      pairs += routes.length;
      const found = inOrder(verifier.match('GET', path));
      const expected = segments.includes('.') || segments.includes('..') ? null : naive(routes, path);
      const shown = routes.map(({ text, resource }) => `${text} ${resource ?? ''}`).join('\n');
      assert.deepEqual(found, expected, `seed ${seed}: ${path} of\n${shown}`);
      if (found !== null) matched += 1;
      if (found !== null && found.length > 1) several += 1;
    }
  }
  assert.ok(
    matched > pairs / 100 && several > matched / 100,
    `${pairs} pairs, ${matched} matched, ${several} several`,
  );
});
