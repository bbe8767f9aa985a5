/** Catalogs made from OpenAPI documents. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importOpenApi } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { document, idsOf, published, routesOf } from '../support/import-fixtures.mjs';
import { Random } from '../support/random.mjs';

const read = (path) => JSON.parse(readFileSync(published(path), 'utf8'));
const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });
describe('importOpenApi, on documents from npm', () => {
  test('Train Travel: the catalog compiles, and match finds each operation', async () => {
    const travel = read('3.1/json/train-travel.json');
    const { catalog, notes } = importOpenApi(travel);
    assert.deepEqual(notes, []);
    assert.deepEqual(catalog, {
      services: {
        'train-travel-api': {
          title: 'Train Travel API',
          permissions: {
            read: {
              title: 'Read access',
              description: 'The scope read.',
              routes: [
                'GET /stations',
                'GET /trips',
                'GET /bookings',
                'GET /bookings/{bookingId}',
                'POST /bookings/{bookingId}/payment',
              ],
            },
            write: {
              title: 'Write access',
              description: 'The scope write.',
              routes: ['POST /bookings', 'DELETE /bookings/{bookingId}'],
            },
          },
        },
      },
    });
    const tokens = await deploy(catalog);
    for (const [path, item] of Object.entries(travel.paths)) {
      for (const method of ['get', 'post', 'put', 'delete'].filter((name) => name in item)) {
        const [[scope]] = (item[method].security ?? travel.security).map(({ OAuth2 }) => OAuth2);
        const request = [method.toUpperCase(), path.replace('{bookingId}', '1725ff48-45ab')];
        assert.deepEqual(
          tokens.match(...request),
          { permission: `train-travel-api:${scope}` },
          request.join(' '),
        );
      }
    }
    assert.equal(tokens.match('DELETE', '/stations'), null);
  });

  test('Petstore: operations that need two scopes at once are reported and stay refused', async () => {
    const petstore = read('3.0/json/petstore.json');
    const { catalog, notes } = importOpenApi(petstore);
    assert.deepEqual(idsOf(catalog), ['read:pets', 'write:pets']);
    const operations = Object.entries(petstore.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `$.paths["${path}"].${method}`),
    );
    assert.deepEqual(notes.map(({ path }) => path).sort(), operations.sort());
    const both = notes.find(({ path }) => path === '$.paths["/pet"].post');
    assert.equal(
      both.message,
      'has no route: it asks for write:pets and read:pets, and a route names one permission',
    );
    assert.equal((await deploy(catalog)).match('POST', '/pet'), null);
  });

  for (const path of [
    '3.0/json/security.json',
    '3.0/json/security-multiple.json',
    '3.1/json/security.json',
    '3.1/json/petstore.json',
    '3.0/json/readme-extensions.json',
  ]) {
    test(`${path}: compiles, and each of its routes matches`, async () => {
      const { catalog } = importOpenApi(read(path));
      const tokens = await deploy(catalog);
      for (const [route, permission] of Object.entries(routesOf(catalog))) {
        const [method, pattern] = route.split(' ');
        assert.deepEqual(tokens.match(method, pattern.replace(/\{\w+\}/g, '7')), { permission }, route);
      }
    });
  }

  test('a document without scopes is reported', () => {
    assert.throws(() => importOpenApi(read('3.0/json/star-trek.json')), {
      code: 'invalid_input',
      message: 'there is no scope to make a permission of',
    });
  });
});

describe('importOpenApi: security requirements', () => {
  for (const [title, security, route, notes] of [
    ['one scope', [{ oauth: ['a:read'] }], 'a:read', []],
    ['one scope, written twice', [{ oauth: ['a:read', 'a:read'] }], 'a:read', []],
    [
      'two at once: no route can ask for both',
      [{ oauth: ['a:read', 'a:write'] }],
      undefined,
      ['has no route: it asks for a:read and a:write, and a route names one permission'],
    ],
    [
      'one or another: the first, which is stricter',
      [{ oauth: ['a:read'] }, { oauth: ['a:write'] }],
      'a:read',
      ['the route asks for a:read; the document would also take a:write'],
    ],
    [
      'two at once, or one: the one',
      [{ oauth: ['a:read', 'a:write'] }, { oauth: ['a:write'] }],
      'a:write',
      ['the route asks for a:write; the document would also take a:read and a:write'],
    ],
    [
      'a scope or a key: the scope, which is stricter',
      [{ key: [] }, { oauth: ['a:read'] }],
      'a:read',
      ['the route asks for a:read; the document would also take key'],
    ],
    [
      'a scope or nothing: the scope, which is stricter',
      [{ oauth: ['a:read'] }, {}],
      'a:read',
      ['the route asks for a:read; the document would also take a request without credentials'],
    ],
    [
      'a scope and a key: the scope, and it is said that the key is not looked at',
      [{ oauth: ['a:read'], key: [] }],
      'a:read',
      ['the route asks for a:read; the document also asks for key'],
    ],
    ['a key alone', [{ key: [] }], undefined, ['has no route: it asks for no scope']],
    ['nothing', [], undefined, ['has no route: it asks for no scope']],
    ['a scope that no scheme declares', [{ oauth: ['a:other'] }], 'a:other', []],
  ]) {
    test(title, () => {
      const { catalog, notes: reported } = importOpenApi(document(security));
      assert.equal(routesOf(catalog)['GET /things'], route);
      assert.deepEqual(
        reported,
        notes.map((message) => ({ path: '$.paths["/things"].get', message })),
      );
    });
  }

  test('an operation without security has the security of the document', () => {
    const { catalog } = importOpenApi(
      document([], {
        security: [{ oauth: ['a:write'] }],
        paths: { '/things': { get: {}, put: { security: [] } } },
      }),
    );
    assert.deepEqual(routesOf(catalog), { 'GET /things': 'a:write' });
  });
});

describe('importOpenApi: paths', () => {
  const scope = [{ oauth: ['a:read'] }];
  const routes = (paths, more = {}, options = {}) => {
    const items = Object.fromEntries(paths.map((path) => [path, { get: { security: scope } }]));
    const { catalog, notes } = importOpenApi(document(scope, { paths: items, ...more }), options);
    return { routes: Object.keys(routesOf(catalog)), notes: notes.map(({ message }) => message) };
  };

  test('parameters have the names of routes', () => {
    assert.deepEqual(routes(['/', '/a/{pet-id}/b', '/a/{x}/{y.z}', '/v1/things:batch']), {
      routes: ['GET /', 'GET /a/{pet_id}/b', 'GET /a/{x}/{y_z}', 'GET /v1/things:batch'],
      notes: [],
    });
  });

  test('a path that no route can express is reported with the reason', () => {
    assert.deepEqual(
      routes(['/a/{name}.json', '/a/{x}-{y}', '/a/', '/a//b', '/a b', '/a/{x-1}/{x.1}', '/caf%C3%A9']),
      {
        routes: [],
        notes: [
          '/a/{name}.json has no route: "{name}.json" is more than one parameter',
          '/a/{x}-{y} has no route: "{x}-{y}" is more than one parameter',
          '/a/ has no route: it has an empty segment, as from a doubled or a trailing slash',
          '/a//b has no route: it has an empty segment, as from a doubled or a trailing slash',
          '/a b has no route: "a b" has other characters than letters, digits and . _ ~ - : @',
          '/a/{x-1}/{x.1} has no route: it has the parameter {x_1} twice',
          '/caf%C3%A9 has no route: "caf%C3%A9" has other characters than letters, digits and . _ ~ - : @',
        ],
      },
    );
  });

  test('two operations that one request could match equally get one route', async () => {
    const paths = ['/a/{x}', '/a/{y}', '/a/{x}/b', '/a/mine', '/A/mine', '/{x}/mine', '/b/{x}', '/{x}/c'];
    const { routes: made, notes } = routes(paths);
    assert.deepEqual(made, ['GET /a/{x}', 'GET /a/{x}/b', 'GET /a/mine', 'GET /b/{x}']);
    assert.deepEqual(notes, [
      'GET /a/{y} has no route: a request could match GET /a/{x} as well',
      'GET /A/mine has no route: a request could match GET /a/mine as well',
      'GET /{x}/mine has no route: a request could match GET /a/{x} as well',
      'GET /{x}/c has no route: a request could match GET /a/{x} as well',
    ]);
    const items = Object.fromEntries(paths.map((path) => [path, { get: { security: scope } }]));
    await deploy(importOpenApi(document(scope, { paths: items })).catalog);
  });

  test('clashing routes are exactly those that a pairwise comparison finds', () => {
    /** Whether a request could match both routes, and neither is more specific. */
    const clash = (one, other) => {
      const [ones, others] = [one, other].map((path) => path.toLowerCase().split('/'));
      if (ones.length !== others.length) return false;
      const pairs = ones.map((segment, at) => [segment, others[at]]);
      const isOpen = (segment) => segment.startsWith('{');
      if (pairs.some((pair) => !pair.some(isOpen) && pair[0] !== pair[1])) return false;
      const more = pairs.some(([mine, theirs]) => !isOpen(mine) && isOpen(theirs));
      return more === pairs.some(([mine, theirs]) => isOpen(mine) && !isOpen(theirs));
    };
    const random = new Random(7);
    for (let round = 0; round < 60; round += 1) {
      const length = 1 + random.below(5);
      const segment = (_, at) => random.pick(['a', 'A', 'b', `{p${at}}`, `{q${at}}`]);
      const path = () => `/${Array.from({ length }, segment).join('/')}`;
      const all = [...new Set(Array.from({ length: 40 }, path))];
      const made = [];
      const notes = [];
      for (const path of all) {
        const before = made.find((other) => clash(other, path));
        if (before === undefined) made.push(path);
        else notes.push(`GET ${path} has no route: a request could match GET ${before} as well`);
      }
      const imported = routes(all);
      assert.deepEqual(imported, { routes: made.map((path) => `GET ${path}`), notes }, all.join(' '));
    }
  });

  test('TRACE has no routes', () => {
    const paths = { '/a': { trace: { security: scope }, head: { security: scope } } };
    const { catalog, notes } = importOpenApi(document(scope, { paths }));
    assert.deepEqual(Object.keys(routesOf(catalog)), ['HEAD /a']);
    assert.deepEqual(notes, [
      { path: '$.paths["/a"].trace', message: 'has no route: there are none for TRACE' },
    ]);
  });

  test('the path of the server is prepended, or an option', () => {
    const servers = (...urls) => ({ servers: urls.map((url) => (typeof url === 'string' ? { url } : url)) });
    for (const [more, expected] of [
      [servers('https://api.example/v2/'), 'GET /v2/a'],
      [servers('/v2'), 'GET /v2/a'],
      [servers('https://api.example'), 'GET /a'],
      [servers({ url: 'https://{host}/{base}', variables: { base: { default: 'v3' } } }), 'GET /v3/a'],
      [servers('::nonsense::'), 'GET /::nonsense::/a'],
      [{}, 'GET /a'],
    ]) {
      assert.deepEqual(routes(['/a'], more).routes, [expected]);
    }
    assert.deepEqual(routes(['/a'], servers('/v2'), { basePath: '' }).routes, ['GET /a']);
    assert.deepEqual(routes(['/a'], servers('/v2'), { basePath: '/x/y' }).routes, ['GET /x/y/a']);
    assert.deepEqual(routes(['/a'], servers('/v2', '/v3', '/')), {
      routes: ['GET /v2/a'],
      notes: ['the route begins with /v2; servers of the document also have it at /v3, /'],
    });
    for (const basePath of ['v2', '/v2/', '/a?b']) {
      assert.throws(() => routes(['/a'], {}, { basePath }), { code: 'invalid_input', path: 'basePath' });
    }
  });

  test('references within the document are followed; others are reported', () => {
    const { catalog, notes } = importOpenApi({
      ...document(scope),
      paths: {
        '/a': { $ref: '#/components/pathItems/a~1b' },
        '/b': { $ref: 'other.json#/b' },
        '/c': { $ref: '#/paths/~1c' },
      },
      components: {
        pathItems: { 'a/b': { get: { security: scope } } },
        securitySchemes: {
          one: { $ref: '#/components/securitySchemes/two' },
          two: { type: 'oauth2', flows: { implicit: { scopes: { 'a:read': 'Read all' } } } },
          three: { $ref: '#/nowhere' },
        },
      },
    });
    assert.deepEqual(catalog.services.a.permissions.read, { title: 'Read all', routes: ['GET /a'] });
    assert.deepEqual(
      notes.map(({ path }) => path),
      ['$.components.securitySchemes.three', '$.paths["/b"]', '$.paths["/c"]'],
    );
  });
});

describe('importOpenApi: not a document', () => {
  for (const [title, wrong, message] of [
    ['nothing', undefined, /OpenAPI 3/],
    ['a text', '{"openapi":"3.0.0"}', /OpenAPI 3/],
    ['Swagger', { swagger: '2.0' }, /Swagger 2.0/],
    ['another version', { openapi: '4.0.0' }, /"4.0.0"/],
    ['a version that is a number', { openapi: 3 }, /null/],
  ]) {
    test(title, () => assert.throws(() => importOpenApi(wrong), { code: 'invalid_input', message }));
  }

  test('members of a wrong shape are ignored, and never a crash', () => {
    for (const broken of [7, 'text', null, [], [[]], { a: 7 }, [null]]) {
      for (const member of ['info', 'components', 'paths', 'servers', 'security']) {
        const { catalog } = importOpenApi({
          ...document([{ oauth: ['a:read'] }]),
          paths: { '/x': { get: { security: [{ oauth: ['a:read'] }], servers: broken } }, '/y': broken },
          [member]: broken,
          ...(['paths', 'components'].includes(member) && {
            components: { securitySchemes: { x: broken, y: { flows: { z: { scopes: { s: broken } } } } } },
          }),
        });
        assert.ok(catalog.services);
      }
    }
  });

  test('an unknown option is refused with the nearest right one', () => {
    assert.throws(() => importOpenApi(document([]), { basepath: '/' }), /did you mean "basePath"/);
  });
});
