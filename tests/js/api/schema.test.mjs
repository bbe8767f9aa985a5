/** The published JSON Schema accepts and refuses the same catalogs as the core. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { iamCatalog } from '../support/iam-catalog.mjs';
import { Random, seed } from '../support/random.mjs';
import { randomCatalog } from '../support/random-model.mjs';

const require = createRequire(import.meta.url);
const Ajv = require('ajv/dist/2020.js');
const schema = JSON.parse(readFileSync(require.resolve('leastkey/catalog.schema.json'), 'utf8'));
const validate = new Ajv({ strict: true, strictRequired: false, allErrors: true }).compile(schema);

const examples = new URL('../../../examples/catalogs/', import.meta.url);
const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });

/** Asserts that the schema and the core accept a catalog. */
async function requireRight(catalog, about) {
  assert.ok(validate(catalog), `${about}: ${JSON.stringify(validate.errors)}`);
  await deploy(catalog);
}

/** A valid catalog. Each case below makes one change, which makes it invalid. */
const right = () => ({
  $schema: './node_modules/leastkey/catalog.schema.json',
  version: '1',
  services: {
    s: {
      title: 'S',
      description: 'A service',
      permissions: {
        a: {
          title: 'A',
          implies: ['s:b'],
          routes: [
            'GET /a/{id}',
            { route: 'POST /', resource: 'x:y' },
            'GET /a-{id}/{b-c}...{$d}:e/',
            "GET /f('{x y}')/{*rest}",
            'GET /{rest*}',
          ],
        },
        b: { title: 'B', was: ['s:earlier', 't:b'] },
        old: { title: 'Old', deprecated: { replacement: 's:b' } },
        older: { title: 'Older', deprecated: true },
        g: { title: 'G', grantable: true, implies: ['s:b'], permissions: { c: 'C' } },
      },
    },
  },
  templates: {
    t: { title: 'T', version: 2, permissions: ['s:a', 's:*', '**:c'], recommended: true },
    u: { title: 'U', extends: ['t'] },
  },
  roles: { user: { title: 'U', permissions: ['**'] }, none: { title: 'None' } },
  retired: ['s:gone', 's:g:gone', 'batch'],
  kinds: {
    personal: {
      lifetime: { default: 'P1DT2H', longest: '1000d', required: true },
      uniqueNames: false,
    },
    ci: {
      title: 'CI',
      description: 'Builds',
      lifetime: { default: '1h', idle: '60s' },
      technicalUser: true,
      manage: 'admin',
      owners: ['*', 'org:*', 'org:*/group:eng/**', '*/*/**', 'a/b/c/d/e/f/g/h/**'],
      editable: ['permissions', 'name', 'description', 'tags', 'metadata', 'conditions', 'limits'],
      actions: ['disable', 'revoke', 'delete', 'rotate', 'exchange'],
      labels: { disable: 'a', enable: 'b', revoke: 'c', delete: 'd', rotate: 'e', exchange: 'f' },
      role: 'user',
      rotation: { grace: '1h', longestGrace: 'P7D', reuse: 'revoke' },
      sessions: 1_000,
    },
    frozen: { editable: [], actions: [], labels: {}, rotation: {}, role: 'admin', sessions: 1 },
  },
});

/** The invalid changes: a path in the catalog above and its new value; `undefined` removes it. */
const wrong = [
  ['no services', 'services', undefined],
  ['services of another type', 'services', []],
  ['an unknown member', 'permissions', {}],
  ['a version that is a number', 'version', 1],
  ['a $schema that is no text', '$schema', {}],
  ['a service id with a space', 'services.a b', { title: 'S', permissions: {} }],
  ['a service id with a colon', 'services.a:b', { title: 'S', permissions: {} }],
  ['an empty service id', ['services', ''], { title: 'S', permissions: {} }],
  ['a service id of 129 characters', `services.${'x'.repeat(129)}`, { title: 'S', permissions: {} }],
  ['a service without a title', 'services.s.title', undefined],
  ['a service without permissions', 'services.s.permissions', undefined],
  ['a service with an unknown member', 'services.s.titel', 'S'],
  ['a service that is a text', 'services.s', 'S'],
  ['a title that is no text', 'services.s.title', 7],
  ['a description that is no text', 'services.s.description', null],
  ['a permission with a star in its id', 'services.s.permissions.x*', 'X'],
  ['a permission that is a number', 'services.s.permissions.x', 7],
  ['a permission without a title', 'services.s.permissions.a.title', undefined],
  ['a permission with an unknown member', 'services.s.permissions.a.imply', []],
  ['implies that is a text', 'services.s.permissions.a.implies', 's:b'],
  ['a pattern in implies', 'services.s.permissions.a.implies.0', 's:*'],
  ['implies a service', 'services.s.permissions.a.implies.0', 's'],
  ['grantable that is a text', 'services.s.permissions.g.grantable', 'yes'],
  ['a group with implies that is not grantable', 'services.s.permissions.g.grantable', false],
  [
    'a group with implies that does not say that it is grantable',
    'services.s.permissions.g.grantable',
    undefined,
  ],
  ['deprecated that is a text', 'services.s.permissions.a.deprecated', 'soon'],
  ['deprecated with an unknown member', 'services.s.permissions.old.deprecated', { by: 's:b' }],
  ['routes that are a text', 'services.s.permissions.a.routes', 'GET /a'],
  ['a route without a method', 'services.s.permissions.a.routes.0', '/a'],
  ['a route with an unknown method', 'services.s.permissions.a.routes.0', 'FETCH /a'],
  ['a route with a method in lower case', 'services.s.permissions.a.routes.0', 'get /a'],
  ['a route with two spaces', 'services.s.permissions.a.routes.0', 'GET  /a'],
  ['a route without its slash', 'services.s.permissions.a.routes.0', 'GET a'],
  ['a route with a doubled slash', 'services.s.permissions.a.routes.0', 'GET /a//b'],
  ['a route with a dot segment', 'services.s.permissions.a.routes.0', 'GET /a/../b'],
  ['a route with a percent sign', 'services.s.permissions.a.routes.0', 'GET /a%20b'],
  ['a route with a query', 'services.s.permissions.a.routes.0', 'GET /a?b'],
  ['a route with two parameters in a row', 'services.s.permissions.a.routes.0', 'GET /{a}{b}'],
  ['a route of Express', 'services.s.permissions.a.routes.0', 'GET /a/:id'],
  ['a route with a star', 'services.s.permissions.a.routes.0', 'GET /a/*'],
  ['a route with an open brace', 'services.s.permissions.a.routes.0', 'GET /a/{id'],
  ['a route with an empty parameter', 'services.s.permissions.a.routes.0', 'GET /{}'],
  ['a route with an operator in a parameter', 'services.s.permissions.a.routes.0', 'GET /{+a}'],
  ['a route with an expression in a parameter', 'services.s.permissions.a.routes.0', 'GET /{a:[0-9]+}'],
  ['a route whose tail is part of a segment', 'services.s.permissions.a.routes.0', 'GET /a{b*}'],
  ['a route whose rest does not stand last', 'services.s.permissions.a.routes.0', 'GET /{*rest}/a'],
  ['a route object without a route', 'services.s.permissions.a.routes.1.route', undefined],
  ['a route object with an unknown member', 'services.s.permissions.a.routes.1.method', 'GET'],
  ['a resource with an empty segment', 'services.s.permissions.a.routes.1.resource', 'org:a//b'],
  ['a resource with a space', 'services.s.permissions.a.routes.1.resource', 'org:a b'],
  [
    'a resource with two parameters in a segment',
    'services.s.permissions.a.routes.0',
    { route: 'GET /{a}/{b}', resource: 'x:{a}{b}' },
  ],
  ['a resource with an open brace', 'services.s.permissions.a.routes.1.resource', 'org:{'],
  ['a template id with a star', 'templates.t*', { title: 'T', permissions: ['s:a'] }],
  ['a template without a title', 'templates.t.title', undefined],
  ['a template without anything', 'templates.t.permissions', undefined],
  ['a template with an unknown member', 'templates.t.permission', []],
  ['a template of version 0', 'templates.t.version', 0],
  ['a template of version 1.5', 'templates.t.version', 1.5],
  ['a template of a version as text', 'templates.t.version', '2'],
  ['a template of version 1,000,001', 'templates.t.version', 1_000_001],
  ['extends that is a text', 'templates.u.extends', 't'],
  ['recommended that is a number', 'templates.t.recommended', 1],
  ['a pattern with an empty segment', 'templates.t.permissions.0', 's::a'],
  ['a pattern with three stars', 'templates.t.permissions.0', 's:***'],
  ['a pattern with two stars inside a segment', 'templates.t.permissions.0', 's:a**'],
  ['a pattern with a question mark', 'templates.t.permissions.0', 's:?'],
  ['an empty pattern', 'templates.t.permissions.0', ''],
  ['a pattern of thirteen segments', 'templates.t.permissions.0', 's:1:2:3:4:5:6:7:8:9:10:11:12'],
  ['a retired id that is none', 'retired.0', 's:*'],
  ['an old id that is none', 'services.s.permissions.b.was.0', 's: earlier'],
  ['a role called admin', 'roles.admin', { title: 'A', permissions: [] }],
  ['a role without a title', 'roles.user.title', undefined],
  ['a role with an unknown member', 'roles.user.extends', []],
  ['a kind with an unknown member', 'kinds.ci.lifetimes', {}],
  ['a lifetime with an unknown member', 'kinds.ci.lifetime.max', '1d'],
  ['a lifetime that is a text', 'kinds.ci.lifetime', '1d'],
  ...[
    '',
    '1',
    '0d',
    '1 d',
    '-1d',
    '1.5h',
    '1y',
    'P',
    'PT',
    'P1M',
    'PT1D',
    'P1D1W',
    'forever',
    0,
    -1,
    1.5,
    2 ** 53,
    null,
    true,
  ].map((lifetime) => [`a lifetime of ${JSON.stringify(lifetime)}`, 'kinds.ci.lifetime.default', lifetime]),
  ['uniqueNames that is a text', 'kinds.ci.uniqueNames', 'yes'],
  ['required that is a text', 'kinds.personal.lifetime.required', 'yes'],
  ['an idle time of 0', 'kinds.ci.lifetime.idle', 0],
  ['technicalUser that is a text', 'kinds.ci.technicalUser', 'yes'],
  ['managers that nobody knows', 'kinds.ci.manage', 'anybody'],
  ['owners that are a text', 'kinds.ci.owners', 'org:*'],
  ['owners of whom there are none', 'kinds.ci.owners', []],
  ['owners in more than 20 patterns', 'kinds.ci.owners', Array(21).fill('org:*')],
  ...[
    '',
    '/',
    '**',
    '***',
    '**/a',
    'org:*x',
    'a//b',
    'a b',
    '.',
    '..',
    '.*',
    'a/..',
    'a/b/c/d/e/f/g/h/i',
  ].map((pattern) => [`the owners ${JSON.stringify(pattern)}`, 'kinds.ci.owners.0', pattern]),
  ['something editable that nobody knows', 'kinds.ci.editable.0', 'owner'],
  ['editable that is a text', 'kinds.ci.editable', 'permissions'],
  ['an action that nobody knows', 'kinds.ci.actions.0', 'enable'],
  ['actions that are null', 'kinds.ci.actions', null],
  ['a label of an unknown action', 'kinds.ci.labels.edit', 'Edit'],
  ['a label that is a number', 'kinds.ci.labels.revoke', 7],
  ['a role that is a list', 'kinds.ci.role', ['user']],
  ['rotation that is a text', 'kinds.ci.rotation', '24h'],
  ['rotation with an unknown member', 'kinds.ci.rotation.longest', '7d'],
  ['a grace of 0', 'kinds.ci.rotation.grace', '0h'],
  ['a reuse that nobody knows', 'kinds.ci.rotation.reuse', 'ignore'],
  ...[0, -1, 1.5, 1_001, '5', null].map((most) => [
    `${JSON.stringify(most)} sessions`,
    'kinds.ci.sessions',
    most,
  ]),
];

function changed(path, value) {
  const catalog = right();
  const members = Array.isArray(path) ? path : path.split('.');
  const last = members.at(-1);
  const parent = members.slice(0, -1).reduce((inner, member) => inner[member], catalog);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return catalog;
}

describe('the JSON Schema of catalogs', () => {
  for (const name of readdirSync(examples)) {
    test(`takes the example ${name}`, () =>
      requireRight(JSON.parse(readFileSync(new URL(name, examples), 'utf8')), name));
  }

  test('accepts a catalog with every member', () => requireRight(right(), 'everything'));

  for (const [place, members] of [
    ['kinds.ci', schema.$defs.kind.properties],
    ['kinds.ci.lifetime', schema.$defs.kind.properties.lifetime.properties],
    ['kinds.ci.labels', schema.$defs.kind.properties.labels.properties],
    ['kinds.ci.rotation', schema.$defs.kind.properties.rotation.properties],
  ]) {
    test(`describes exactly the members of ${place} that the core knows`, async () => {
      const error = await deploy(changed(`${place}.quintessence`, 1)).catch((error) => error);
      const [, known] = /known are (.*)$/m.exec(error.message);
      assert.deepEqual(Object.keys(members).sort(), known.split(', ').sort());
      for (const [name, { description }] of Object.entries(members)) assert.ok(description, name);
    });
  }

  test('accepts every catalog of the random tests', async () => {
    const random = new Random(seed);
    for (let made = 0; made < 50; made += 1) await requireRight(randomCatalog(random), `seed ${seed}`);
  });

  test('accepts a catalog of 22,000 permissions', async () => requireRight(await iamCatalog(), 'iam'));

  for (const [title, path, value] of wrong) {
    test(`refuses ${title}, and so does the core`, async () => {
      const catalog = changed(path, value);
      assert.equal(validate(catalog), false, 'the schema takes it');
      await assert.rejects(deploy(catalog), { code: 'invalid_input' });
    });
  }
});
