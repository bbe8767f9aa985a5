/** `edit`: what it changes, keeps and refuses. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Actor, LeastkeyError, TokenChange, TokenRecord } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX, stranger } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';

/** A kind in which everything can be edited, and one whose names are unique. */
const kinds = { open: { title: 'Open' }, named: { title: 'Named', uniqueNames: true } };
const open = () => deployment({ catalog: { ...catalog, kinds } });

/** A token that has every member that can be edited. */
const whole = {
  kind: 'open',
  description: 'Sends at night',
  tags: ['ci', 'night'],
  metadata: { team: 'ops', pager: [1, 2] },
  conditions: { ips: ['10.0.0.0/8'] },
  limits: { credits: { amount: 5 } },
};

describe('an edit changes exactly the named members', () => {
  const sender = ['messages:send', 'messages:status'];
  const cases: [title: string, change: TokenChange, changed: { [Name in keyof TokenRecord]?: unknown }][] = [
    ['name', { name: 'Other' }, { name: 'Other' }],
    ['description', { description: 'Why' }, { description: 'Why' }],
    ['description away', { description: null }, { description: undefined }],
    ['tags', { tags: ['b', 'a'] }, { tags: ['b', 'a'] }],
    ['tags away', { tags: null }, { tags: undefined }],
    ['no tags at all', { tags: [] }, { tags: undefined }],
    ['metadata', { metadata: { b: { c: null } } }, { metadata: { b: { c: null } } }],
    ['metadata away', { metadata: null }, { metadata: undefined }],
    ['conditions', { conditions: { audiences: ['api'] } }, { conditions: { audiences: ['api'] } }],
    ['conditions away', { conditions: null }, { conditions: undefined }],
    ['limits', { limits: { credits: { amount: 9 } } }, { limits: { credits: { amount: 9 } } }],
    ['limits away', { limits: null }, { limits: undefined }],
    [
      'templates',
      { templates: ['branches'] },
      { templates: [{ id: 'branches', version: 3 }], permissions: ['branch:create', 'branch:read'] },
    ],
    [
      'one member of a selection, which replaces all of it',
      { add: ['messages:export'] },
      { templates: [], added: ['messages:export'], permissions: ['messages:export'] },
    ],
    [
      'a whole selection',
      { templates: ['sender', 'branches'], add: ['messages:export'], remove: ['branch:create'] },
      {
        templates: [
          { id: 'sender', version: 1 },
          { id: 'branches', version: 3 },
        ],
        added: ['messages:export'],
        removed: ['branch:create'],
        permissions: ['branch:read', 'messages:export', ...sender],
      },
    ],
    ['a role', { role: 'admin' }, { role: 'admin', templates: [], permissions: everything() }],
    [
      'where permissions are held',
      { templates: ['sender'], resources: { 'messages:send': ['org:acme/group:eng'] } },
      // Permissions that a narrowed permission implies are narrowed as well.
      {
        resources: {
          'messages:send': ['org:acme/group:eng'],
          'messages:status': ['org:acme/group:eng'],
        },
      },
    ],
    [
      'several members at once',
      { name: 'Both', tags: null, description: 'Two' },
      { name: 'Both', tags: undefined, description: 'Two' },
    ],
  ];

  function everything(): string[] {
    return ['branch:create', 'branch:read', 'messages:export', ...sender];
  }

  for (const [title, change, changed] of cases) {
    test(title, async () => {
      const tokens = await open();
      const { token, id, record } = await createToken(tokens, whole);
      const edited = await tokens.edit(id, { ...change, revision: record.revision }, admin);
      const expected = { ...record, ...changed, revision: record.revision + 1 };
      assert.deepEqual(edited, JSON.parse(JSON.stringify(expected)));
      assert.deepEqual(await tokens.get(id, admin), edited);
      // Its bearer has exactly the remaining permissions.
      const context = { ip: '10.0.0.1', audience: 'api' };
      assert.deepEqual(
        (await tokens.verify(token, undefined, context)).token?.permissions,
        edited.permissions,
      );
    });
  }

  test('nothing: it writes nothing, and the revision stays', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store, catalog: { ...catalog, kinds } });
    const { id, record } = await createToken(tokens, whole);
    const before = entriesOf(store);
    for (const change of [{}, { name: record.name }, { tags: ['ci', 'night'] }, { templates: ['sender'] }]) {
      assert.deepEqual(await tokens.edit(id, change, admin), record);
    }
    assert.deepEqual(entriesOf(store), before);
  });
});

describe('an edit refuses', () => {
  const credential = `${PREFIX}_2${'a'.repeat(52)}`;
  const owner: Actor = { id: 'user:bob', permissions: ['branch:read'] };
  const cases: [
    title: string,
    change: unknown,
    code: string,
    path: string | undefined,
    made?: object,
    by?: Actor,
  ][] = [
    ['an unknown member', { owner: 'org:other' }, 'invalid_input', 'owner'],
    ['a name that is empty', { name: '' }, 'invalid_input', 'name'],
    ['no name at all', { name: null }, 'invalid_input', 'name'],
    ['a tag twice', { tags: ['a', 'a'] }, 'invalid_input', 'tags[1]'],
    ['21 tags', { tags: Array.from({ length: 21 }, (_, at) => `t${at}`) }, 'invalid_input', 'tags'],
    ['metadata of 5 KiB', { metadata: { text: 'x'.repeat(5_120) } }, 'invalid_input', 'metadata'],
    ['conditions of nothing', { conditions: {} }, 'invalid_input', 'conditions'],
    ['limits of nothing', { limits: {} }, 'invalid_input', 'limits'],
    ['a template that is not there', { templates: ['nope'] }, 'invalid_input', 'templates[0]'],
    ['nothing selected', { templates: [] }, 'invalid_input', undefined],
    ['a revision that is no number', { revision: '1' }, 'invalid_input', 'revision'],
    ['another revision than was seen', { name: 'B', revision: 7 }, 'conflict', 'revision'],
    ['a credential in the name', { name: credential }, 'invalid_input', 'name'],
    ['a credential in the description', { description: credential }, 'invalid_input', 'description'],
    ['a credential in a tag', { tags: ['a', credential] }, 'invalid_input', 'tags[1]'],
    ['a credential in the metadata', { metadata: { a: [credential] } }, 'invalid_input', 'metadata'],
    [
      'other permissions where they are frozen',
      { add: ['branch:read'] },
      'forbidden',
      'permissions',
      {
        kind: 'permission-set',
      },
    ],
    ['another name of a personal token', { name: 'B' }, 'forbidden', 'name', { kind: 'personal' }],
    ['a stranger', { name: 'B' }, 'not_found', undefined, {}, stranger],
    [
      'more than its editor has',
      { add: ['branch:read', 'branch:create'] },
      'exceeds_ceiling',
      undefined,
      { owner: 'user:bob' },
      owner,
    ],
  ];
  for (const [title, change, code, path, made = {}, by = admin] of cases) {
    test(title, async () => {
      const store = memoryStore();
      const tokens = await deployment({ store, catalog: { ...catalog, kinds } });
      const root: Actor = { id: 'user:root', roles: { '': 'admin' } };
      const { record } = await tokens.create({ ...input(whole), ...made }, root);
      const before = entriesOf(store);
      await assert.rejects(tokens.edit(record.id, change as TokenChange, by), (error: LeastkeyError) => {
        assert.equal(error.code, code, error.message);
        if (path !== undefined) assert.equal(error.path, path, error.message);
        assert.equal(error.message.includes(credential), false);
        return true;
      });
      assert.deepEqual(entriesOf(store), before);
    });
  }

  test('a revoked token', async () => {
    const tokens = await open();
    const { id } = await createToken(tokens, whole);
    await tokens.revoke(id, {}, admin);
    await assert.rejects(tokens.edit(id, { name: 'B' }, admin), { code: 'terminal' });
  });

  test('a name in use, and frees the name that it replaces', async () => {
    const tokens = await open();
    const first = await createToken(tokens, { kind: 'named', name: 'First' });
    const second = await createToken(tokens, { kind: 'named', name: 'Second' });
    await assert.rejects(tokens.edit(second.id, { name: 'First' }, admin), {
      code: 'name_taken',
      path: 'name',
    });
    await tokens.edit(first.id, { name: 'Third' }, admin);
    assert.equal((await tokens.edit(second.id, { name: 'First' }, admin)).name, 'First');
    await assert.rejects(createToken(tokens, { kind: 'named', name: 'Third' }), { code: 'name_taken' });
  });
});

describe('editing permissions', () => {
  test('takes effect on every verification that starts later (P1)', async () => {
    const tokens = await open();
    const { token, id } = await createToken(tokens, { kind: 'open' });
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
    await tokens.edit(id, { templates: ['branches'] }, admin);
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'insufficient_permission');
    assert.equal((await tokens.verify(token, 'branch:read')).code, 'valid');
  });

  test('keeps permissions of the token that its editor no longer has', async () => {
    const tokens = await open();
    const bob = (permissions: string[]): Actor => ({ id: 'user:bob', permissions });
    const wide = bob(['branch:read', 'branch:create']);
    const { record } = await tokens.create(
      { kind: 'open', name: 'B', owner: 'user:bob', templates: ['branches'] },
      wide,
    );
    const narrow = bob(['messages:export']);
    const edited = await tokens.edit(
      record.id,
      { templates: ['branches'], add: ['messages:export'] },
      narrow,
    );
    assert.deepEqual(edited.permissions, ['branch:create', 'branch:read', 'messages:export']);
  });

  test('by two concurrent callers with the same revision: one succeeds, the other gets a conflict', async () => {
    const tokens = await open();
    const { id, record } = await createToken(tokens, { kind: 'open' });
    const change = (name: string) => tokens.edit(id, { name, revision: record.revision }, admin);
    const settled = await Promise.allSettled([change('One'), change('Two')]);
    const lost = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.deepEqual(
      lost.map(({ reason }) => reason.code),
      ['conflict'],
    );
  });
});
