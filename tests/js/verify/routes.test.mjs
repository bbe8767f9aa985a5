/**
 * How a request is matched: there is one reading, so that no request escapes a rule.
 * docs/permissions.md has the same table.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { Random, seed } from '../support/random.mjs';

const catalog = {
  services: {
    s: {
      title: 'S',
      permissions: {
        root: { title: 'Root', routes: ['GET /'] },
        list: { title: 'List', routes: ['GET /devices', 'HEAD /devices/{id}/image'] },
        read: { title: 'Read', routes: ['GET /devices/{id}', 'GET /devices/{id}/image'] },
        mine: { title: 'Mine', routes: ['GET /devices/mine'] },
        write: { title: 'Write', routes: ['PUT /devices/{id}', 'POST /devices', 'POST /v1/devices:batch'] },
        files: { title: 'Files', routes: ['GET /files/{*path}'] },
        org: {
          title: 'Of an organization',
          routes: [
            { route: 'GET /orgs/{org}/devices/{id}', resource: 'org:{org}/device:{id}' },
            { route: 'DELETE /orgs/{org}', resource: 'org:{org}' },
          ],
        },
      },
    },
  },
};
const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });

/** A request, and the permission that it needs; `null` for one that nothing matches. */
const table = {
  'what matches': [
    ['GET /', 's:root'],
    ['GET /devices', 's:list'],
    ['POST /devices', 's:write'],
    ['GET /devices/7', 's:read'],
    ['PUT /devices/7', 's:write'],
    ['POST /v1/devices:batch', 's:write'],
    ['GET /files/a', 's:files'],
    ['GET /files/a/b/c.txt', 's:files'],
  ],
  'a literal segment wins over a parameter': [
    ['GET /devices/mine', 's:mine'],
    ['GET /devices/mine2', 's:read'],
    ['PUT /devices/mine', 's:write'],
  ],
  'HEAD needs what GET needs, unless a route of its own says otherwise': [
    ['HEAD /devices', 's:list'],
    ['HEAD /devices/7', 's:read'],
    ['HEAD /devices/7/image', 's:list'],
    ['GET /devices/7/image', 's:read'],
  ],
  'methods are compared exactly': [
    ['get /devices', null],
    ['Get /devices', null],
    ['OPTIONS /devices', null],
    ['PATCH /devices/7', null],
    ['TRACE /devices', null],
    ['CONNECT /devices', null],
    ['PROPFIND /devices', null],
    [' /devices', null],
    [`${'X'.repeat(100)} /devices`, null],
  ],
  'case counts': [
    ['GET /Devices', null],
    ['GET /DEVICES/7', null],
    // A case-insensitive server takes these for /devices/mine, so the handler is not known.
    ['GET /devices/MINE', null],
    ['GET /devices/mINE', null],
    ['PUT /devices/MINE', 's:write'],
  ],
  'slashes: none doubled, none at the end': [
    ['GET //devices', null],
    ['GET /devices/', null],
    ['GET /devices//7', null],
    ['GET /devices/7/', null],
    ['GET //', null],
    ['GET /files/', null],
    ['GET /files//a', null],
    ['GET devices', null],
    ['GET ', null],
  ],
  'dot segments, also encoded': [
    ['GET /devices/.', null],
    ['GET /devices/..', null],
    ['GET /devices/../devices', null],
    ['GET /files/../devices/7', null],
    ['GET /devices/./7', null],
    ['GET /devices/%2e', null],
    ['GET /devices/%2E%2e', null],
    ['GET /devices/.%2e', null],
    ['GET /files/a/%2e%2e/%2e%2e/devices', null],
    ['GET /devices/...', 's:read'],
    ['GET /devices/.hidden', 's:read'],
    ['GET /devices/7.', 's:read'],
  ],
  'encoded slashes and backslashes': [
    ['GET /devices/a%2Fb', null],
    ['GET /devices/a%2fb', null],
    ['GET /devices%2F7', null],
    ['GET /files/a%2Fb', null],
    ['GET /devices/a%5Cb', null],
    ['GET /devices/a%5cb', null],
    ['GET /devices/a\\b', null],
    ['GET \\devices', null],
    ['GET /devices\\..\\x', null],
  ],
  'twice encoded': [
    ['GET /devices/%252f', null],
    ['GET /devices/%252e%252e', null],
    ['GET /devices/100%25', null],
  ],
  'what needs no encoding must not be encoded': [
    ['GET /%64evices', null],
    ['GET /devices/%37', null],
    ['GET /devices/%6Dine', null],
    ['GET /devices/%7E', null],
    ['GET /devices/%3A', null],
    ['GET /devices/%40', null],
  ],
  'control characters, also encoded': [
    ['GET /devices/\0', null],
    ['GET /devices/%00', null],
    ['GET /devices/7%00', null],
    ['GET /devices/7%0a', null],
    ['GET /devices/7%0D%0A', null],
    ['GET /devices/7%7f', null],
    ['GET /devices/7\n', null],
    ['GET /devices/\t7', null],
  ],
  'broken encoding': [
    ['GET /devices/%', null],
    ['GET /devices/%4', null],
    ['GET /devices/%zz', null],
    ['GET /devices/%C3', null],
    ['GET /devices/%C0%AF', null],
    ['GET /devices/%ED%A0%80', null],
  ],
  'a query, a fragment, another form of request line': [
    ['GET /devices?all=1', null],
    ['GET /devices?', null],
    ['GET /devices#top', null],
    ['GET http://host/devices', null],
    ['OPTIONS *', null],
  ],
  'characters of other languages are encoded, or they are not there': [
    ['GET /devices/%C3%A9', 's:read'],
    ['GET /devices/a%20b', 's:read'],
    ['GET /devices/é', null],
    ['GET /devices/a b', null],
    ['GET /devices/\ud800', null],
  ],
  'a format behind a dot, where a server that splits it off finds another route': [
    ['GET /devices/mine.json', null],
    ['GET /devices/mine.tar.gz', null],
    ['GET /devices/7.json', 's:read'],
    ['GET /devices.json', null],
  ],
  'sub-delimiters stand for themselves, in parameters only; a semicolon nowhere': [
    ["GET /devices/a!$&'()*+,=", 's:read'],
    ['GET /devices=1', null],
    ['GET /devices;v=1', null],
    ['GET /devices/7;v=1', null],
    ['GET /devices/mine;v=1', null],
    ['GET /devices/7%3Bv=1', null],
    ['GET /devices/7%3Fv=1', null],
    ['GET /devices/7%23v', null],
  ],
  'longer than 2,048 characters': [
    [`GET /devices/${'7'.repeat(2_048 - '/devices/'.length)}`, 's:read'],
    [`GET /devices/${'7'.repeat(2_049 - '/devices/'.length)}`, null],
    [`GET /files/${'a/'.repeat(1_000_000)}a`, null],
  ],
  'nothing that a route does not name': [
    ['GET /device', null],
    ['GET /devices/7/image/large', null],
    ['GET /admin', null],
    ['GET /files', null],
    ['DELETE /devices/7', null],
  ],
};

const split = (request) => [request.slice(0, request.indexOf(' ')), request.slice(request.indexOf(' ') + 1)];

describe('the routes of a catalog', () => {
  for (const [title, rows] of Object.entries(table)) {
    test(title, () => {
      for (const [request, permission] of rows) {
        const found = tokens.match(...split(request));
        assert.deepEqual(found, permission === null ? null : { permission }, request.slice(0, 100));
      }
    });
  }

  test('a route builds the resource from its parameters, decoded', () => {
    assert.deepEqual(tokens.match('GET', '/orgs/acme/devices/7'), {
      permission: 's:org',
      resource: 'org:acme/device:7',
    });
    assert.deepEqual(tokens.match('DELETE', '/orgs/a+b'), { permission: 's:org', resource: 'org:a+b' });
    assert.deepEqual(tokens.match('DELETE', '/orgs/a%2Bb'), { permission: 's:org', resource: 'org:a+b' });
  });

  test('a parameter that is no valid part of a resource matches nothing', () => {
    for (const name of [
      'a%2Fgroup',
      'a%2fgroup',
      'a%20b',
      '%C3%A9',
      'a;b',
      "a'b",
      'a*',
      '..',
      '%2e%2e',
      'x'.repeat(300),
    ]) {
      assert.equal(tokens.match('DELETE', `/orgs/${name}`), null, name);
    }
  });

  test('every path that matches is parsed the same by the URL parser of the platform', () => {
    const random = new Random(seed);
    const parts = [
      '/',
      'devices',
      'files',
      '7',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '%20',
      '%25',
      '\\',
      ';',
      '?',
      '#',
      ':',
      '@',
      'é',
      '//',
      'a',
      '%61',
      '\0',
      ' ',
      '|',
      '^',
    ];
    let matched = 0;
    for (let nth = 0; nth < 50_000; nth += 1) {
      const path = `/${random.pick(['devices/', 'files/', ''])}${Array.from({ length: random.below(5) }, () => random.pick(parts)).join('')}`;
      if (tokens.match('GET', path) === null) continue;
      matched += 1;
      assert.equal(new URL(path, 'http://host').pathname, path, `seed ${seed}`);
      for (const segment of path.slice(1).split('/')) {
        const decoded = decodeURIComponent(segment);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        assert.doesNotMatch(decoded, /[/\\%\x00-\x1f]/, `seed ${seed}: ${path}`);
        assert.ok(decoded !== '.' && decoded !== '..', `seed ${seed}: ${path}`);
      }
    }
    assert.ok(matched > 1_000, `${matched}`);
  });

  test('a request that is no text is an error of the program', () => {
    for (const [method, path] of [
      [undefined, '/devices'],
      ['GET', undefined],
      ['GET', 7],
      [null, null],
      ['GET', new URL('http://host/devices')],
    ]) {
      assert.throws(() => tokens.match(method, path), { code: 'invalid_input' });
    }
  });

  test('a match is a requirement; without a match the result is none that verify would accept', async () => {
    const actor = { id: 'root', roles: { '': 'admin' } };
    const input = { kind: 'permission-set', name: 'T', owner: 'org:acme', add: ['s:read', 's:org'] };
    const { token } = await tokens.create(input, actor);
    const decide = async (request) => {
      const requirement = tokens.match(...split(request));
      return requirement === null ? 'no route' : (await tokens.verify(token, requirement)).code;
    };
    assert.equal(await decide('GET /orgs/acme/devices/7'), 'valid');
    assert.equal(await decide('GET /orgs/acme2/devices/7'), 'outside_resource');
    assert.equal(await decide('GET /devices/7'), 'valid');
    assert.equal(await decide('PUT /devices/7'), 'insufficient_permission');
    assert.equal(await decide('GET /devices/../orgs'), 'no route');
    await assert.rejects(tokens.verify(token, null), { code: 'invalid_input' });
  });

  test("a requirement is its caller's own, whether the route was asked for before or not", () => {
    for (const path of ['/devices/1', '/devices/2', '/devices/1']) {
      const found = tokens.match('GET', path);
      assert.deepEqual(found, { permission: 's:read' });
      found.permission = 'changed';
    }
    for (const org of ['a', 'a', 'b']) {
      const found = tokens.match('GET', `/orgs/${org}/devices/7`);
      assert.deepEqual(found, { permission: 's:org', resource: `org:${org}/device:7` });
      found.resource = 'changed';
    }
    assert.equal(tokens.match('GET', `/devices/${'x'.repeat(2_040)}`), null);
    assert.equal(tokens.match('GET', '/devices/\u00e4'), null);
    assert.deepEqual(tokens.match('GET', '/devices/%C3%A4'), { permission: 's:read' });
    assert.equal(tokens.match('PURGE', '/devices/1'), null);
  });

  test('verify takes the request itself, and tells no route from no permission', async () => {
    const actor = { id: 'root', roles: { '': 'admin' } };
    const input = { kind: 'permission-set', name: 'R', owner: 'org:acme', add: ['s:read', 's:org'] };
    const { token } = await tokens.create(input, actor);
    for (const [request, code, status] of [
      ['GET /devices/7', 'valid', 200],
      ['GET /orgs/acme/devices/7', 'valid', 200],
      ['GET /orgs/acme2/devices/7', 'outside_resource', 403],
      ['PUT /devices/7', 'insufficient_permission', 403],
      ['GET /nowhere', 'no_route', 403],
      ['GET /devices/%2e%2e', 'no_route', 403],
    ]) {
      const [method, path] = split(request);
      const verdict = await tokens.verify(token, { method, path });
      assert.deepEqual(
        [verdict.valid, verdict.code, verdict.status],
        [code === 'valid', code, status],
        request,
      );
      assert.equal(verdict.error, status === 403 ? 'insufficient_scope' : undefined);
      // A scope would tell that there is such a route.
      assert.equal(
        'scope' in verdict,
        ['outside_resource', 'insufficient_permission'].includes(code),
        request,
      );
      assert.equal(tokens.verifySync(token, { method, path }).code, code);
      const [one] = await tokens.verifyMany([{ credential: token, requirement: { method, path } }]);
      assert.equal(one.code, code);
    }
    // What is wrong with the credential comes first.
    const unknown = await tokens.verify('test_nonsense', { method: 'GET', path: '/nowhere' });
    assert.equal(unknown.code, 'malformed');
    await assert.rejects(tokens.verify(token, { method: 'GET', path: 7 }), { code: 'invalid_input' });
    await assert.rejects(tokens.verify(token, { method: 'GET' }), { code: 'invalid_input' });
  });

  const withRoutes = (...routes) => ({
    services: {
      s: {
        title: 'S',
        permissions: Object.fromEntries(
          routes.map((route, nth) => [`p${nth}`, { title: 'P', routes: [route] }]),
        ),
      },
    },
  });

  for (const [first, second, request, says] of [
    ['GET /a/{x}', 'GET /a/{y}', 'GET /a/7', 'matches the same requests as GET /a/{x}'],
    ['GET /a/b', 'GET /A/b', 'GET /a/b', 'matches the same requests as GET /a/b'],
    ['GET /a/{x}', 'GET /{y}/b', 'GET /a/b', 'crosses GET /'],
    ['GET /a', 'GET /a', 'GET /a', undefined],
  ]) {
    test(`${first} and ${second}: a request that both match needs both permissions`, async () => {
      const warned = [];
      const crossing = await createTokens({
        catalog: withRoutes(first, second),
        store: memoryStore(),
        prefix: 'test',
        onWarning: (warning) => warned.push(warning),
      });
      assert.deepEqual(crossing.match(...split(request)), {
        all: [{ permission: 's:p0' }, { permission: 's:p1' }],
      });
      assert.deepEqual(crossing.warnings, warned);
      assert.equal(warned.length, says === undefined ? 0 : 1);
      if (says !== undefined) {
        assert.match(warned[0].path, /^\$\.services\.s\.permissions\.p[01]\.routes\[0\]$/);
        assert.ok(warned[0].message.includes(says), warned[0].message);
      }
      const actor = { id: 'root', roles: { '': 'admin' } };
      for (const [add, code] of [
        [['s:p0'], 'insufficient_permission'],
        [['s:p0', 's:p1'], 'valid'],
      ]) {
        const { token } = await crossing.create(
          { kind: 'permission-set', name: 'T', owner: 'org:a', add },
          actor,
        );
        const verdict = await crossing.verify(token, crossing.match(...split(request)));
        assert.equal(verdict.code, code);
        assert.deepEqual(verdict.missing, code === 'valid' ? undefined : ['s:p1']);
      }
    });
  }

  test('each of several permissions is needed on its own resource, with the cache and without', async () => {
    const move = (resource) => ({ route: 'POST /move/{from}/{to}', resource });
    const catalog = withRoutes(move('org:x/{from}'), move('org:x/{to}'));
    const requirement = {
      all: [
        { permission: 's:p0', resource: 'org:x/a' },
        { permission: 's:p1', resource: 'org:x/b' },
      ],
    };
    for (const freshness of [0, '1m']) {
      const moving = await createTokens({ catalog, store: memoryStore(), prefix: 'test', freshness });
      assert.deepEqual(moving.match('POST', '/move/a/b'), requirement);
      const actor = { id: 'root', roles: { '': 'admin' } };
      const input = { kind: 'permission-set', name: 'M', owner: 'org:x', add: ['s:p0', 's:p1'] };
      const { token } = await moving.create(input, actor);
      const { token: narrow } = await moving.create({ ...input, owner: 'org:x/a' }, actor);
      for (let nth = 0; nth < 3; nth += 1) {
        assert.equal((await moving.verify(token, requirement)).code, 'valid');
        assert.equal((await moving.verify(narrow, requirement)).code, 'outside_resource');
        assert.equal((await moving.verify(narrow, moving.match('POST', '/move/a/a'))).code, 'valid');
      }
    }
  });
});
