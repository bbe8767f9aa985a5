/** Catalogs made from lists of scopes, and the permission ids of the scopes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importOpenApi, importScopes } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { document, idsOf, routesOf } from '../support/import-fixtures.mjs';

const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });

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
      // The description has the scope if the id does not.
      const described = JSON.stringify(catalog).includes(`The scope ${scope}.`);
      assert.equal(described, id !== scope);
      await deploy(catalog);
    });
  }

  test('with a service all of them are below it, and one may also be a group', async () => {
    const { catalog } = importScopes(['repo', 'repo:status', 'gist'], { service: 'github' });
    assert.deepEqual(idsOf(catalog), ['github:gist', 'github:repo', 'github:repo:status']);
    const tokens = await deploy(catalog);
    assert.deepEqual(tokens.resolve({ add: ['github:repo'] }).permissions, ['github:repo']);
    for (const service of ['git hub', 'a:b', '', '*', 'x'.repeat(129)]) {
      assert.throws(() => importScopes(['a'], { service }), { code: 'invalid_input', path: 'service' });
    }
  });

  test('two scopes never become one permission', async () => {
    const { catalog, notes } = importScopes(['a:b', 'a/b', 'a::b', 'a:b']);
    assert.deepEqual(idsOf(catalog), ['a:b', 'a:b-2', 'a:b-3']);
    assert.deepEqual(notes, [
      { path: '$[1]', message: 'the scope "a/b" is a:b-2, because another is a:b already' },
      { path: '$[2]', message: 'the scope "a::b" is a:b-3, because another is a:b already' },
    ]);
  });

  test('scopes that give no id are skipped with a note, and so are their routes', () => {
    const long = 'x'.repeat(129);
    const { catalog, notes } = importScopes(['a:b', long, '1:2:3:4:5:6:7:8:9:10:11:12:13', '*:x', '🔑', '/']);
    assert.deepEqual(idsOf(catalog), ['a:b', 'all:x']);
    assert.deepEqual(
      notes.map(({ path }) => path),
      ['$[1]', '$[2]', '$[4]', '$[5]'],
    );
    const routed = importOpenApi(document([{ oauth: [long] }]));
    assert.deepEqual(routesOf(routed.catalog), {});
    assert.match(
      routed.notes.at(-1).message,
      /^GET \/things has no route: its scope "x+…" is no permission$/,
    );
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

  test('refuses an unknown option, a value that is no list, and an empty list', () => {
    assert.throws(() => importScopes(['a:b'], { services: 'a' }), /did you mean "service"/);
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
