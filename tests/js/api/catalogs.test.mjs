import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createTokens, defineCatalog } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { hubRoutes } from '../../../examples/server/hub.mjs';
import { siteRoutes } from '../../../examples/server/site.mjs';

const read = (name) =>
  JSON.parse(readFileSync(new URL(`../../../examples/catalogs/${name}.json`, import.meta.url), 'utf8'));
const admin = { id: 'test', roles: { '': 'admin' } };

/**
 * Everything in a catalog that has a title, with its path: services, permissions at any depth,
 * templates, roles and kinds.
 */
function titled(catalog) {
  const found = [];
  const permissions = (prefix, entries = {}) => {
    for (const [id, permission] of Object.entries(entries)) {
      found.push([`${prefix}:${id}`, permission]);
      permissions(`${prefix}:${id}`, permission.permissions);
    }
  };
  for (const [id, service] of Object.entries(catalog.services)) {
    found.push([id, service]);
    permissions(id, service.permissions);
  }
  for (const part of ['templates', 'roles', 'kinds']) found.push(...Object.entries(catalog[part] ?? {}));
  return found;
}

const expected = {
  'permission-set': {
    kind: 'permission-set',
    owner: 'org:acme',
    routes: hubRoutes(),
    templates: {
      'all-channels': ['messages:send', 'messages:status'],
      'all-channels-branch': [
        'branch:create',
        'branch:delete',
        'branch:read',
        'branch:run',
        'messages:send',
        'messages:status',
      ],
      'profiles-and-data': [
        'data:delete',
        'data:import',
        'data:read',
        'profiles:delete',
        'profiles:read',
        'profiles:write',
      ],
      'facebook-opt-in': ['facebook:opt-in:create'],
      'app-messaging': [
        'conversations:manage',
        'conversations:messages:read',
        'conversations:messages:send',
        'conversations:participants:manage',
        'conversations:participants:read',
        'conversations:read',
      ],
      'platform-configuration': [
        'platform:channels:configure',
        'platform:channels:read',
        'platform:webhooks:configure',
        'platform:webhooks:read',
      ],
    },
  },
  organization: {
    kind: 'organization',
    owner: 'org:acme',
    templates: {},
  },
  session: {
    kind: 'application',
    owner: 'user:7',
    templates: {
      library: ['assets:download', 'assets:search', 'collections:read'],
      'library-editor': [
        'assets:download',
        'assets:search',
        'assets:upload',
        'collections:curate',
        'collections:read',
      ],
    },
  },
  personal: {
    kind: 'personal',
    owner: 'user:7',
    routes: siteRoutes(),
    templates: {
      CollectionDevice: ['devices:configure', 'devices:read', 'devices:register', 'devices:remove'],
      Policy: ['policies:assign', 'policies:delete', 'policies:read', 'policies:write'],
    },
  },
};

for (const [name, { kind, owner, routes = [], templates }] of Object.entries(expected)) {
  describe(`the example catalog ${name}`, () => {
    const catalog = read(name);

    test('compiles', async () => {
      await createTokens({ catalog: defineCatalog(catalog), store: memoryStore(), prefix: 'test' });
    });

    test('has a title for everything that a user chooses from', () => {
      for (const [id, { title }] of titled(catalog)) assert.ok(title, `${id} has no title`);
    });

    test('its templates give the permissions that their titles describe', async () => {
      const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
      const given = {};
      for (const template of Object.keys(catalog.templates ?? {})) {
        const { record } = await tokens.create({ kind, owner, name: template, templates: [template] }, admin);
        given[template] = record.permissions.toSorted();
      }
      assert.deepEqual(given, templates);
    });

    test('the routes of the demo are the routes of the catalog', () => {
      const permissions = new Map(titled(catalog));
      for (const { route, permission } of routes) {
        assert.ok(
          permissions.get(permission)?.routes?.includes(route),
          `${permission} has no route ${route}`,
        );
      }
    });
  });
}

describe('the example catalog four-systems', () => {
  const { version, services, templates, roles, kinds } = read('four-systems');
  const parts = Object.keys(expected).map(read);
  const together = (part) => Object.assign({}, ...parts.map((catalog) => catalog[part]));

  test('has everything of the four single catalogs', () => {
    assert.deepEqual(
      { version, services, templates, kinds },
      {
        version: parts[0].version,
        services: together('services'),
        templates: together('templates'),
        kinds: together('kinds'),
      },
    );
  });

  test('its users can do the same as the users of each system', () => {
    const patterns = parts.flatMap((catalog) => catalog.roles?.user.permissions ?? []);
    assert.deepEqual(roles.user.permissions.toSorted(), patterns.sort());
    assert.deepEqual(Object.keys(roles), ['user']);
  });
});

test('one permission set is recommended', () => {
  const recommended = Object.entries(read('permission-set').templates).filter(
    ([, template]) => template.recommended,
  );
  assert.deepEqual(
    recommended.map(([id]) => id),
    ['all-channels-branch'],
  );
});

test('a personal token lives 90 days, at most a year, and its name is unique', async () => {
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 23);
  const tokens = await createTokens({
    catalog: read('personal'),
    store: memoryStore(),
    prefix: 'test',
    now: () => now,
  });
  const user = { id: 'user:7', roles: { 'user:7': 'user' } };
  const input = { kind: 'personal', owner: 'user:7', name: 'Laptop', templates: ['Policy'] };
  const { record } = await tokens.create(input, user);
  assert.equal(record.expiresAt, now + 90 * day);
  await assert.rejects(tokens.create(input, user), { code: 'name_taken' });
  await assert.rejects(tokens.create({ ...input, name: 'Long', expiresIn: '366d' }, user), {
    code: 'invalid_input',
  });
});
