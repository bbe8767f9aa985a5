/** Catalogs made from OpenAPI documents and lists of scopes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importOpenApi, importScopes } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { deployment } from './support/command.mjs';
import { permissionsOf } from './support/naive-permissions.mjs';

const require = createRequire(import.meta.url);
/** Documents of a package on npm, which nobody wrote for this. */
const published = (path) => require.resolve(`@readme/oas-examples/${path}`);
const read = (path) => JSON.parse(readFileSync(published(path), 'utf8'));

const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });
const idsOf = (catalog) => [...permissionsOf(catalog).keys()].sort();

/** A document with one operation, `GET /things`, and what it asks for. */
const document = (security, more = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Things & More', version: '1' },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: '/t', scopes: { 'a:read': 'Read', 'a:write': '' } } },
      },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    },
  },
  paths: { '/things': { get: { security } } },
  ...more,
});

/** The routes of a catalog: each with the permission on which it stands. */
function routesOf(catalog) {
  const found = {};
  const walk = (nodes, above) => {
    for (const [segment, node] of Object.entries(nodes)) {
      for (const route of node.routes ?? []) found[route] = `${above}:${segment}`;
      walk(node.permissions ?? {}, `${above}:${segment}`);
    }
  };
  for (const [id, { permissions }] of Object.entries(catalog.services)) walk(permissions, id);
  return found;
}

describe('importOpenApi, on documents from npm', () => {
  test('Train Travel: the catalog compiles, and match answers for each operation', async () => {
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

  test('Petstore: operations that ask for two scopes at once are reported and stay refused', async () => {
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

  test('a document that has no scopes says so', () => {
    assert.throws(() => importOpenApi(read('3.0/json/star-trek.json')), {
      code: 'invalid_input',
      message: 'there is no scope to make a permission of',
    });
  });
});

describe('importOpenApi: what an operation asks for', () => {
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
      const { catalog, notes: told } = importOpenApi(document(security));
      assert.equal(routesOf(catalog)['GET /things'], route);
      assert.deepEqual(
        told,
        notes.map((message) => ({ path: '$.paths["/things"].get', message })),
      );
    });
  }

  test('an operation without security asks for what the document does', () => {
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

  test('what no route can express is told, with the reason', () => {
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

  test('two operations that a request could match alike get one route', async () => {
    const { routes: made, notes } = routes(['/a/{x}', '/a/{y}', '/a/{x}/b', '/a/mine']);
    assert.deepEqual(made, ['GET /a/{x}', 'GET /a/{x}/b', 'GET /a/mine']);
    assert.deepEqual(notes, ['GET /a/{y} has no route: a request could match GET /a/{x} as well']);
  });

  test('TRACE has no routes', () => {
    const paths = { '/a': { trace: { security: scope }, head: { security: scope } } };
    const { catalog, notes } = importOpenApi(document(scope, { paths }));
    assert.deepEqual(Object.keys(routesOf(catalog)), ['HEAD /a']);
    assert.deepEqual(notes, [
      { path: '$.paths["/a"].trace', message: 'has no route: there are none for TRACE' },
    ]);
  });

  test('the path of the server stands before them, or what you say', () => {
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

  test('references within the document are followed; others are told', () => {
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

describe('importOpenApi: what is no document', () => {
  for (const [title, wrong, message] of [
    ['nothing', undefined, /OpenAPI 3/],
    ['a text', '{"openapi":"3.0.0"}', /OpenAPI 3/],
    ['Swagger', { swagger: '2.0' }, /Swagger 2.0/],
    ['another version', { openapi: '4.0.0' }, /"4.0.0"/],
    ['a version that is a number', { openapi: 3 }, /null/],
  ]) {
    test(title, () => assert.throws(() => importOpenApi(wrong), { code: 'invalid_input', message }));
  }

  test('members of another shape than they should have are nothing, and never a crash', () => {
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

  test('an unknown option is told with the nearest right one', () => {
    assert.throws(() => importOpenApi(document([]), { basepath: '/' }), /did you mean "basePath"/);
    assert.throws(() => importScopes(['a:b'], { services: 'a' }), /did you mean "service"/);
  });
});

describe('the ids of permissions', () => {
  for (const [scope, id] of [
    ['read:pets', 'read:pets'],
    ['org:repo:read', 'org:repo:read'],
    ['repo', 'api:repo'],
    ['user/read', 'user:read'],
    ['https://www.googleapis.com/auth/drive.readonly', 'api:drive.readonly'],
    ['https://mail.google.com/', 'api:mail.google.com'],
    ['api://0f3a/access_as_user', 'api:access_as_user'],
    ['patient/*.read', 'patient:all.read'],
    ['a b', 'api:a-b'],
    ['::a::b::', 'a:b'],
    ['straße:lesen', 'stra-e:lesen'],
    ['__proto__:constructor', '__proto__:constructor'],
  ]) {
    test(`${scope} is ${id}`, async () => {
      const { catalog, notes } = importScopes([scope]);
      assert.deepEqual([idsOf(catalog), notes], [[id], []]);
      // The description keeps the scope where the id does not.
      const told = JSON.stringify(catalog).includes(`The scope ${scope}.`);
      assert.equal(told, id !== scope);
      await deploy(catalog);
    });
  }

  test('with a service all of them stand below it, and one may be a group as well', async () => {
    const { catalog } = importScopes(['repo', 'repo:status', 'gist'], { service: 'github' });
    assert.deepEqual(idsOf(catalog), ['github:gist', 'github:repo', 'github:repo:status']);
    const tokens = await deploy(catalog);
    assert.deepEqual(tokens.resolve({ add: ['github:repo'] }).permissions, ['github:repo']);
    for (const service of ['git hub', 'a:b', '', '*', 'x'.repeat(65)]) {
      assert.throws(() => importScopes(['a'], { service }), { code: 'invalid_input', path: 'service' });
    }
  });

  test('two scopes never become one permission', async () => {
    const { catalog, notes } = importScopes(['a:b', 'a/b', 'a::b', 'a:b']);
    assert.deepEqual(idsOf(catalog), ['a:b', 'a:b-2', 'a:b-3']);
    assert.deepEqual(notes, [
      { path: '$[1]', message: 'the scope "a/b" is a:b-2, because another scope is a:b already' },
      { path: '$[2]', message: 'the scope "a::b" is a:b-3, because another scope is a:b already' },
    ]);
  });

  test('what makes no id is left out, with a note, and so are its routes', () => {
    const long = 'x'.repeat(65);
    const { catalog, notes } = importScopes(['a:b', long, '1:2:3:4:5:6:7:8:9', '*:x', '🔑', '/']);
    assert.deepEqual(idsOf(catalog), ['a:b', 'all:x']);
    assert.deepEqual(
      notes.map(({ path }) => path),
      ['$[1]', '$[2]', '$[4]', '$[5]'],
    );
    const routed = importOpenApi(document([{ oauth: [long] }]));
    assert.deepEqual(routesOf(routed.catalog), {});
    assert.match(routed.notes.at(-1).message, /^GET \/things has no route: its scope "x+" is no permission$/);
  });
});

describe('importScopes', () => {
  test('reads a text: scopes, and titles behind #', async () => {
    const { catalog } = importScopes(`
      # what the pet shop has
      read:pets   # Read your pets
      write:pets, delete:pets\r
      read:pets   # again
    `);
    assert.deepEqual(catalog.services, {
      read: { title: 'read', permissions: { pets: 'Read your pets' } },
      write: { title: 'write', permissions: { pets: 'write:pets' } },
      delete: { title: 'delete', permissions: { pets: 'delete:pets' } },
    });
    await deploy(catalog);
  });

  test('reads a list: texts, and scopes with titles', () => {
    const { catalog } = importScopes(['a:b', { scope: 'a:c', title: 'See' }]);
    assert.deepEqual(catalog.services.a.permissions, { b: 'a:b', c: 'See' });
  });

  test('refuses what is no list, and an empty one', () => {
    for (const wrong of [
      undefined,
      null,
      7,
      {},
      [7],
      [null],
      [{ title: 'x' }],
      [{ scope: 'a:b', title: 7 }],
      [],
      '',
      ' # nothing',
    ]) {
      assert.throws(() => importScopes(wrong), { code: 'invalid_input' }, JSON.stringify(wrong));
    }
  });
});

describe('leastkey import', () => {
  const { leastkey, remove } = deployment();
  test.after(remove);

  test('openapi: the catalog on standard output, the notes on standard error', async () => {
    const file = published('3.0/json/petstore.json');
    const imported = importOpenApi(read('3.0/json/petstore.json'));
    const { exit, stderr, json } = await leastkey(['import', 'openapi', file]);
    assert.equal(exit, 0);
    assert.deepEqual(json(), imported.catalog);
    assert.deepEqual(
      stderr.trimEnd().split('\n'),
      imported.notes.map(({ path, message }) => `${path}: ${message}`),
    );
  });

  test('openapi --json: both in one object; options; standard input', async () => {
    const input = readFileSync(published('3.1/json/train-travel.json'), 'utf8');
    const args = ['import', 'openapi', '-', '--service', 'travel', '--base-path', '/v1', '--json'];
    const { exit, stderr, json } = await leastkey(args, { input });
    assert.deepEqual([exit, stderr], [0, '']);
    assert.deepEqual(json(), importOpenApi(JSON.parse(input), { service: 'travel', basePath: '/v1' }));
    assert.ok('GET /v1/stations' in routesOf(json().catalog));
  });

  test('scopes: from standard input', async () => {
    const { exit, stderr, json } = await leastkey(['import', 'scopes', '-', '--service', 'shop'], {
      input: 'read:pets # Read\nread/pets',
    });
    assert.equal(exit, 0);
    assert.deepEqual(idsOf(json()), ['shop:read:pets', 'shop:read:pets-2']);
    assert.match(stderr, /^line 2: /);
  });

  for (const [title, args, input, message] of [
    ['no such file', ['openapi', './nowhere.json'], '', /cannot read/],
    ['no JSON', ['openapi', '-'], 'openapi: 3.0.0', /not JSON.*YAML/],
    ['no document', ['openapi', '-'], '{}', /OpenAPI 3/],
    ['no scopes', ['scopes', '-'], '', /no scope/],
    ['an unknown option', ['scopes', '-', '--servce', 'x'], '', /--service/],
    ['an unknown source', ['swagger', '-'], '', /swagger/],
    ['nothing', [], '', /openapi.*\n.*scopes/],
  ]) {
    test(`${title}: exit 2, and what would be right`, async () => {
      const { exit, stdout, stderr } = await leastkey(['import', ...args], { input });
      assert.equal(exit, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });
  }
});
