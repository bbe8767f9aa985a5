/** Catalogs made from OpenAPI documents. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importOpenApi } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { document, idsOf, published, routesOf } from '../support/import-fixtures.mjs';

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

  test('Petstore: operations that need two scopes at once need both permissions', async () => {
    const petstore = read('3.0/json/petstore.json');
    const { catalog, notes } = importOpenApi(petstore);
    assert.deepEqual(idsOf(catalog), ['read:pets', 'write:pets']);
    assert.ok(
      notes.every(({ message }) => /asks for no scope|also ask|also take/.test(message)),
      JSON.stringify(notes),
    );
    const tokens = await deploy(catalog);
    assert.deepEqual(tokens.match('POST', '/v2/pet') ?? tokens.match('POST', '/pet'), {
      all: [{ permission: 'write:pets' }, { permission: 'read:pets' }],
    });
    assert.deepEqual(tokens.warnings, []);
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
      for (const [route, permissions] of Object.entries(routesOf(catalog))) {
        const [method, pattern] = route.split(' ');
        const [permission, ...more] = permissions.split(' ').map((permission) => ({ permission }));
        const needed = more.length > 0 ? { all: [permission, ...more] } : permission;
        assert.deepEqual(tokens.match(method, pattern.replace(/\{[^{}]+\}/g, '7')), needed, route);
      }
    });
  }

  test('a document without scopes has a permission for each operation, or for each class of methods', async () => {
    const trek = read('3.0/json/star-trek.json');
    const operations = importOpenApi(trek);
    assert.ok(idsOf(operations.catalog).length > 10);
    const methods = importOpenApi(trek, { permissions: 'methods' });
    assert.ok(idsOf(methods.catalog).every((id) => /:(?:read|write|delete)$/.test(id)));
    const catalogs = [operations, methods].map(({ catalog }) => catalog);
    assert.deepEqual(...catalogs.map((catalog) => Object.keys(routesOf(catalog)).sort()));
    for (const catalog of catalogs) await deploy(catalog);
    assert.throws(() => importOpenApi(trek, { permissions: 'scopes' }), {
      message: 'there is nothing to make a permission of',
    });
    assert.throws(() => importOpenApi(trek, { permissions: 'tags' }), { path: 'permissions' });
  });
});

describe('importOpenApi: security requirements', () => {
  for (const [title, security, route, notes] of [
    ['one scope', [{ oauth: ['a:read'] }], 'a:read', []],
    ['one scope, written twice', [{ oauth: ['a:read', 'a:read'] }], 'a:read', []],
    ['two at once: the route is of both', [{ oauth: ['a:read', 'a:write'] }], 'a:read a:write', []],
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

  test('a path is a route, with its own names as far as they can be', async () => {
    const paths = [
      '/',
      '/a/{pet-id}/b',
      '/a/{x}/{y.z}',
      '/v1/things:batch',
      '/a/{name}.json',
      '/c/{x}...{y}',
      '/a/',
    ];
    const made = routes(paths);
    assert.deepEqual(made, { routes: paths.map((path) => `GET ${path}`), notes: [] });
    assert.deepEqual(
      routes([
        '/a/{x y}/{x_y}',
        '/b/{x}/{x}',
        '/c/{+path}',
        '/d/{path*}',
        '/e/{proxy+}',
        '/f/{/path*}',
        '/g/{x}{y}',
        '/h/{id:[0-9]+}',
      ]),
      {
        routes: [
          'GET /a/{x_y}/{x_y_2}',
          'GET /b/{x}/{x_2}',
          'GET /c/{path*}',
          'GET /d/{path*}',
          'GET /e/{proxy*}',
          'GET /f/{path*}',
          'GET /g/{x}',
          'GET /h/{id}',
        ],
        notes: [
          '/g/{x}{y}: {y} is one with the parameter before it',
          '/h/{id:[0-9]+}: {id:[0-9]+} takes any text',
        ],
      },
    );
  });

  test('a parameter takes slashes where the document says so', () => {
    const taking = (parameter) => {
      const parameters = [{ name: 'path', in: 'path', required: true, ...parameter }];
      const paths = { '/files/{path}': { get: { security: scope, parameters } } };
      return Object.keys(routesOf(importOpenApi(document(scope, { paths })).catalog));
    };
    assert.deepEqual(taking({}), ['GET /files/{path}']);
    assert.deepEqual(taking({ 'x-multi-segment': true }), ['GET /files/{path*}']);
    assert.deepEqual(taking({ allowReserved: true }), ['GET /files/{path*}']);
    assert.deepEqual(taking({ schema: { type: 'string', pattern: '^.+$' } }), ['GET /files/{path*}']);
    assert.deepEqual(routes(['/files/{path}'], {}, { tails: ['path'] }).routes, ['GET /files/{path*}']);
  });

  test('a path that no route can express is reported with the reason', () => {
    assert.deepEqual(
      routes(['/a//b', '/a b', '/caf%C3%A9', '/a?b=c', '/{x', '/{path*}/b', '/:id', '/{n=a/*}']),
      {
        routes: [],
        notes: [
          '/a//b has no route: it has an empty segment, as from a doubled slash',
          '/a b has no route: "a b" has characters that no route has',
          '/caf%C3%A9 has no route: "caf%C3%A9" has characters that no route has',
          '/a?b=c has no route: it has a query or a fragment, which no route looks at',
          '/{x has no route: "{x" has a brace that does not match',
          '/{path*}/b has no route: {path*} takes slashes and is not the whole last segment',
          '/:id has no route: ":id" is no segment of a route',
          '/{n=a/*} has no route: {n=a/*} has a pattern',
        ],
      },
    );
  });

  test('two operations that one request could match are both needed, and the catalog warns', async () => {
    const paths = {
      '/a/{x}': { get: { security: scope } },
      '/{x}/mine': { get: { security: [{ oauth: ['a:write'] }] } },
    };
    const tokens = await deploy(importOpenApi(document(scope, { paths })).catalog);
    assert.deepEqual(tokens.match('GET', '/a/mine'), {
      all: [{ permission: 'a:read' }, { permission: 'a:write' }],
    });
    assert.equal(tokens.warnings.length, 1);
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
      [servers('/v::nonsense::'), 'GET /v::nonsense::/a'],
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
