/** Catalogs from discovery documents, Postman collections, lists of actions, and Unkey. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { importActions, importDiscovery, importPostman, importUnkey } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';
import { idsOf, routesOf } from '../support/import-fixtures.mjs';

const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });

describe('importDiscovery', () => {
  const method = (id, httpMethod, path, more = {}) => ({ id, httpMethod, path, ...more });
  const named = (pattern) => ({ parameters: { name: { location: 'path', pattern } } });
  const document = {
    kind: 'discovery#restDescription',
    name: 'store',
    title: 'Store API',
    servicePath: 'store/v1/',
    resources: {
      buckets: {
        methods: {
          get: method('store.buckets.get', 'GET', 'b/{bucket}', { description: 'Returns a bucket.' }),
          approve: method(
            'store.buckets.approve',
            'POST',
            '{+name}:approve',
            named('^projects/[^/]+/b/[^/]+$'),
          ),
          read: method('store.buckets.read', 'GET', 'media/{+name}', named('^.*$')),
          end: method('store.buckets.end', 'POST', '{+name}:end', named('^.*$')),
          log: method('store.buckets.log', 'GET', '{+name}', {
            ...named('^logs/[^/]+/.*$'),
            flatPath: 'logs/{logsId}/{logsId1}',
          }),
          put: method('store.buckets.put', 'POST', '{+name}', {
            ...named('^b/[^/]+$'),
            mediaUpload: {
              protocols: {
                simple: { path: '/upload/store/v1/{+name}' },
                resumable: { path: '/resumable/upload/store/v1/{+name}' },
              },
            },
          }),
        },
        resources: {
          objects: { methods: { list: method('store.buckets.objects.list', 'GET', 'b/{bucket}/o') } },
        },
      },
    },
  };

  test('each method is a permission with its route', async () => {
    const { catalog, notes } = importDiscovery(document);
    assert.deepEqual(routesOf(catalog), {
      'GET /store/v1/b/{bucket}': 'store:buckets:get',
      'POST /store/v1/projects/{name}/b/{name2}:approve': 'store:buckets:approve',
      'GET /store/v1/media/{name*}': 'store:buckets:read',
      'GET /store/v1/logs/{name}/{name2*}': 'store:buckets:log',
      'POST /store/v1/b/{name}': 'store:buckets:put',
      'POST /upload/store/v1/b/{name}': 'store:buckets:put',
      'POST /resumable/upload/store/v1/b/{name}': 'store:buckets:put',
      'GET /store/v1/b/{bucket}/o': 'store:buckets:objects:list',
    });
    assert.equal(catalog.services.store.title, 'Store API');
    assert.deepEqual(notes, [
      {
        path: '$.resources.buckets.methods.end',
        message:
          '/store/v1/{+name}:end has no route: {+name} takes slashes and is not the whole last segment',
      },
    ]);
    const tokens = await deploy(catalog);
    assert.deepEqual(tokens.match('POST', '/store/v1/projects/p/b/x:approve'), {
      permission: 'store:buckets:approve',
    });
  });

  test('or by classes of methods; and nothing else is a discovery document', () => {
    const { catalog } = importDiscovery(document, { permissions: 'methods' });
    assert.deepEqual(idsOf(catalog), ['store:read', 'store:write']);
    for (const wrong of [undefined, {}, { kind: 'discovery#directoryList' }, []])
      assert.throws(() => importDiscovery(wrong), { code: 'invalid_input' });
  });
});

describe('importPostman', () => {
  const collection = {
    info: { name: 'Pet Shop' },
    item: [
      {
        name: 'Pets & More',
        item: [
          {
            name: 'Get pet',
            request: { method: 'GET', url: { raw: '{{base}}/pets/:id', path: ['pets', ':id'] } },
          },
          {
            name: 'Get pet',
            request: { method: 'GET', url: 'https://api.example/pets/{{pet}}/photo.png?size=1' },
          },
          { name: 'Vets', item: [{ name: 'List', request: { method: 'GET', url: '{{base}}/vets' } }] },
        ],
      },
      { name: 'Ping', request: 'https://api.example/ping' },
      { name: 'Broken', request: { method: 'PURGE', url: {} } },
    ],
  };

  test('folders are services and groups, requests are permissions', async () => {
    for (const source of [collection, { collection }]) {
      const { catalog, notes } = importPostman(source);
      assert.deepEqual(routesOf(catalog), {
        'GET /pets/{id}': 'Pets-More:Get-pet',
        'GET /pets/{pet}/photo.png': 'Pets-More:Get-pet',
        'GET /vets': 'Pets-More:Vets:List',
        'GET /ping': 'pet-shop:Ping',
      });
      assert.equal(catalog.services['Pets-More'].title, 'Pets & More');
      assert.deepEqual(notes, [{ path: '$.item[2]', message: 'is left out: its request has no URL' }]);
      await deploy(catalog);
    }
    assert.throws(() => importPostman({ info: {} }), { code: 'invalid_input' });
  });
});

describe('importActions', () => {
  test('reads a text, an array, and an object of arrays', async () => {
    const expected = ['s3:GetBucketACL', 's3:PutObject', 'sqs:SendMessage'];
    for (const actions of [
      's3:GetBucketACL # what a bucket allows\ns3:PutObject\n\nsqs:SendMessage',
      expected,
      { s3: ['GetBucketACL', 'PutObject'], sqs: ['SendMessage'] },
    ]) {
      const { catalog, notes } = importActions(actions);
      assert.deepEqual([idsOf(catalog), notes], [expected, []]);
      assert.equal(catalog.services.s3.permissions.GetBucketACL, 'Get bucket ACL');
      await deploy(catalog);
    }
    const { notes } = importActions(['s3:Get*', 's3:PutObject']);
    assert.deepEqual(notes, [
      { path: '$[0]', message: '"s3:Get*" is left out: it stands for several actions' },
    ]);
    for (const wrong of [undefined, 7, [7], { s3: 'x' }, []])
      assert.throws(() => importActions(wrong), { code: 'invalid_input' });
  });
});

describe('importUnkey', () => {
  test('permissions become permissions, roles become roles', async () => {
    const permissions = [
      { id: 'perm_1', name: 'Read documents', slug: 'documents.read', description: 'See them.' },
      { id: 'perm_2', name: 'documents.write' },
      { id: 'perm_3', name: 'documents.*' },
      { id: 'perm_4' },
    ];
    const roles = [
      { id: 'role_1', name: 'editor', description: 'Edits', permissions: [permissions[0], permissions[1]] },
      { id: 'role_2', name: 'owner', permissions: ['documents.*', 'gone.read'] },
      { id: 'role_3', name: 'admin', permissions: [] },
    ];
    const { catalog, notes } = importUnkey({ permissions: { data: permissions }, roles });
    assert.deepEqual(catalog.services.documents.permissions, {
      read: { title: 'Read documents', description: 'See them.' },
      write: 'documents.write',
    });
    assert.deepEqual(catalog.roles, {
      editor: { title: 'Edits', permissions: ['documents:read', 'documents:write'] },
      owner: { title: 'owner', permissions: ['documents:**'] },
    });
    assert.deepEqual(notes, [
      { path: '$.permissions[2]', message: '"documents.*" is left out: a role has it as a pattern' },
      { path: '$.permissions[3]', message: 'is left out: it has no name' },
      { path: '$.roles[1]', message: 'its permission "gone.read" is left out: there is none' },
      { path: '$.roles[2]', message: 'the role "admin" is left out: the role admin is built in' },
    ]);
    await deploy(catalog);
    for (const wrong of [undefined, {}, { permissions: 7 }])
      assert.throws(() => importUnkey(wrong), { code: 'invalid_input' });
  });
});
