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

  test('routes that one request could match equally are refused, each with its path', async () => {
    const wrong = (routes) => ({
      services: {
        s: {
          title: 'S',
          permissions: Object.fromEntries(
            routes.map((route, nth) => [`p${nth}`, { title: 'P', routes: [route] }]),
          ),
        },
      },
    });
    for (const routes of [
      ['GET /a/{x}', 'GET /a/{y}'],
      ['GET /a', 'GET /a'],
      ['GET /a/{*x}', 'GET /a/{y}'],
      ['GET /a/b', 'GET /A/b'],
      ['GET /a/{x}', 'GET /{y}/b'],
    ]) {
      await assert.rejects(
        createTokens({ catalog: wrong(routes), store: memoryStore(), prefix: 'test' }),
        (error) => {
          assert.deepEqual(
            error.problems.map(({ path }) => path),
            ['$.services.s.permissions.p1.routes[0]'],
          );
          return true;
        },
      );
    }
  });
});
