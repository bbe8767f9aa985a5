/**
 * The number of steps of an import grows linearly with its document. V8 counts the steps, so the
 * test needs no clock.
 */

import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { after, describe, test } from 'node:test';

/**
 * The larger document is 16 times as large; the ratio of steps must stay below the second number. A
 * quadratic import takes 256 times as many.
 */
const TIMES = 16;
const MAX_STEPS = 3 * TIMES;
const SMALL = 250;

/** The folder of the package. */
const folder = new URL('..', import.meta.resolve('leastkey/import')).href;

// V8 counts blocks only of code that is compiled from here on.
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
after(() => session.disconnect());
const { importOpenApi, importScopes } = await import('leastkey/import');

/** The number of blocks of the package that are entered during `work`. */
async function stepsOf(work) {
  await session.post('Profiler.takePreciseCoverage');
  work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ofPackage = result.filter(({ url }) => url.startsWith(folder));
  const blocks = ofPackage.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges));
  return blocks.reduce((sum, { count }) => sum + count, 0);
}

const many = (count, make) => Array.from({ length: count }, (_, at) => make(at));
const openapi =
  (paths, more = {}) =>
  () =>
    importOpenApi({ openapi: '3.1.0', paths, ...more });
const operation = (scope) => ({ get: { security: [{ oauth: [scope] }] } });
const paths = (count, pathOf, scopeOf = () => 's:x') =>
  openapi(Object.fromEntries(many(count, (at) => [pathOf(at), operation(scopeOf(at))])));

const documents = {
  'scopes of one segment': (n) => () => importScopes(many(n, (at) => `scope${at}`)),
  'scopes that come to the same id': (n) => () => importScopes(many(n, (at) => `a:b${'!'.repeat(at + 1)}`)),
  'scopes in one line of text': (n) => () => importScopes(many(n, (at) => `s:scope${at}`).join(' ')),
  'paths of one scope': (n) => paths(n, (at) => `/a${at}/{b}/c`),
  'paths of a scope each': (n) =>
    paths(
      n,
      (at) => `/a${at}/{b}/c`,
      (at) => `s:x${at}`,
    ),
  'paths that cross': (n) =>
    paths(
      n,
      (at) => (at % 2 === 0 ? `/{a}/b${at}` : `/a${at}/{b}`),
      (at) => `s:x${at}`,
    ),
  'paths with parameters at many places': (n) =>
    paths(
      n,
      (at) => `/${many(10, (bit) => ((at >> bit) % 2 === 0 ? `{p${bit}}` : `l${bit}`)).join('/')}/x${at}`,
      (at) => `s:x${at}`,
    ),
  'alternatives for all operations, and operations': (n) =>
    openapi(Object.fromEntries(many(n, (at) => [`/a${at}`, { get: {} }])), {
      security: many(n, (at) => ({ oauth: [`s:x${at}`, `s:y${at}`] })),
    }),
  'servers for all operations, and operations': (n) =>
    openapi(Object.fromEntries(many(n, (at) => [`/a${at}`, operation('s:x')])), {
      servers: many(n, (at) => ({ url: `https://api.example/v${at}` })),
    }),
  'references to one long reference': (n) =>
    openapi(Object.fromEntries(many(n, (at) => [`/a${at}`, { $ref: '#/components/far' }])), {
      components: {
        far: { $ref: `#${'/x'.repeat(n)}` },
        securitySchemes: { o: { flows: { f: { scopes: { 's:x': '' } } } } },
      },
    }),
};

describe('an import takes steps in proportion to', () => {
  for (const [title, document] of Object.entries(documents)) {
    test(title, async () => {
      const [small, large] = [SMALL, SMALL * TIMES].map(document);
      const few = await stepsOf(small);
      const steps = await stepsOf(large);
      assert.ok(few >= SMALL, `${few} steps are counted`);
      assert.ok(steps <= MAX_STEPS * few, `${few} steps, and ${steps} for ${TIMES} times as much`);
    });
  }
});

test('notes do not grow with operations times shared items', () => {
  const { notes } = documents['servers for all operations, and operations'](1_000)();
  const longest = Math.max(...notes.map(({ message }) => message.length));
  assert.ok(longest < 400, `${longest} characters`);
  assert.ok(
    notes[0].message.endsWith('servers of the document also have it at /v1, /v2, /v3, /v4, /v5, 994 more'),
  );
});

test('equal texts are read once: long scopes and servers with long variables', () => {
  const long = `a${'-'.repeat(2_000_000)}b`;
  assert.throws(() => importScopes([long]), /there is nothing/);
  const server = { url: '{a}'.repeat(1_000), variables: { a: { default: 'x'.repeat(1_000_000) } } };
  const { catalog, notes } = importOpenApi({
    openapi: '3.0.0',
    servers: [server],
    paths: { '/a': operation('s:x') },
  });
  assert.deepEqual(catalog.services.s.permissions, { x: 's:x' });
  assert.match(notes[0].message, /has no route: the URL of its server is too long/);
  const far = importOpenApi({ openapi: '3.0.0', paths: { [`/${'a'.repeat(3_000)}`]: operation('s:x') } });
  assert.match(far.notes[0].message, /has no route: it is longer than 2048 characters/);
});
