/**
 * All discovery documents of Google's APIs: each makes a catalog that compiles, and each of its
 * methods needs its own permission, also where it sends a file along.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importDiscovery } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { routesOf } from '../support/import-fixtures.mjs';
import { Random } from '../support/random.mjs';

/** For each path, a request is made with each number of segments where it takes any number. */
const MAX_SEGMENTS = 3;

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

function* methodsOf({ methods = {}, resources = {} }) {
  yield* Object.values(methods);
  for (const below of Object.values(resources)) yield* methodsOf(below);
}

const word = (random) => Array.from({ length: 2 + random.below(9) }, () => random.pick(LETTERS)).join('');

/** What the end of a pattern takes that takes slashes, in these many segments. */
const words = (random, count) => Array.from({ length: count }, () => word(random)).join('/');

/**
 * A request by the document alone: its path, with a value for each parameter. The pattern of
 * `{+name}` tells its segments. `undefined`: it has a pattern of another form.
 */
function requestTo(path, { parameters = {} }, random, segments) {
  let known = true;
  const request = path.replace(/\{(\+?)([^{}]+)\}/g, (_, open, name, start) => {
    if (open === '') return word(random);
    const { pattern = '' } = parameters[name] ?? {};
    const isLast = path.endsWith('}') && path.lastIndexOf('{') === start;
    const value = pattern
      .replace(/^\^|\$$/g, '')
      .replaceAll('[^/]+', () => word(random))
      .replace(/\.\*$/, () => words(random, isLast ? segments : 1));
    known &&= /^[\w./-]+$/.test(value);
    return value;
  });
  return known ? request : undefined;
}

/** An id, whatever its letter case and separators. */
const plain = (id) => id.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The paths that a method has in its document. */
const pathsOf = ({ path, mediaUpload }, servicePath) => [
  `/${servicePath}${path}`,
  ...Object.values(mediaUpload?.protocols ?? {}).map((protocol) => protocol.path),
];

describe("Google's discovery documents", () => {
  const documents = [];

  before(() => {
    // `npm test` installs them.
    const folder = process.env.LEASTKEY_DISCOVERY;
    assert.ok(folder, 'LEASTKEY_DISCOVERY names no folder: run npm test -- --only js discovery');
    for (const file of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const document = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      if (document.kind === 'discovery#restDescription') documents.push({ file, document });
    }
  });

  test('are 610 with 28,137 methods, 77 of which take a file', () => {
    const methods = documents.flatMap(({ document }) => [...methodsOf(document)]);
    assert.equal(documents.length, 610);
    assert.equal(methods.length, 28_137);
    assert.equal(methods.filter(({ mediaUpload }) => mediaUpload !== undefined).length, 77);
  });

  for (const permissions of ['operations', 'methods']) {
    test(`by ${permissions}: each method needs its own permission`, async () => {
      const counts = { methods: 0, requests: 0, both: 0, narrower: 0, otherPatterns: 0 };
      for (const { file, document } of documents) {
        const methods = [...methodsOf(document)];
        if (methods.length === 0) continue;
        const { catalog, notes } = importDiscovery(document, { permissions });
        assert.deepEqual(notes, [], file);
        const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
        const known = new Set(Object.values(routesOf(catalog)).flatMap((ids) => ids.split(' ')));
        const byId = new Map([...known].map((id) => [plain(id), id]));
        assert.equal(byId.size, known.size, file);
        const random = new Random(methods.length);
        for (const method of methods) {
          counts.methods += 1;
          const own = permissions === 'operations' ? byId.get(plain(method.id)) : undefined;
          for (const path of pathsOf(method, document.servicePath)) {
            for (let segments = 1; segments <= MAX_SEGMENTS; segments += 1) {
              const request = requestTo(path, method, random, segments);
              if (request === undefined) {
                counts.otherPatterns += 1;
                continue;
              }
              const needed = tokens.match(method.httpMethod, request);
              const all = needed?.all?.map(({ permission }) => permission) ?? [needed?.permission];
              const isRight = own === undefined ? all.every((id) => known.has(id)) : all.includes(own);
              // Of a longer name, a method with a narrower path may be asked.
              if (!isRight && segments > 1 && all.every((id) => known.has(id))) counts.narrower += 1;
              else assert.ok(isRight, `${file}: ${method.httpMethod} ${request} needs ${all}, not ${own}`);
              counts.requests += 1;
              counts.both += all.length > 1 ? 1 : 0;
            }
          }
        }
      }
      assert.equal(counts.methods, 28_137);
      assert.ok(counts.requests > 80_000, JSON.stringify(counts));
      const rare = { both: counts.both, narrower: counts.narrower };
      assert.ok(rare.both + rare.narrower < counts.requests / 1_000, JSON.stringify(counts));
      assert.ok(counts.otherPatterns < counts.requests / 100, JSON.stringify(counts));
    });
  }
});
