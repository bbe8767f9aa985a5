/** Frozen grants, and the report of how they differ from what the current catalog would give. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

const before = {
  services: { s: { title: 'S', permissions: { a: 'A', b: 'B', c: 'C' } } },
  templates: {
    one: { title: 'One', version: 2, permissions: ['s:a'] },
    two: { title: 'Two', version: 1, permissions: ['s:b'] },
  },
  roles: { user: { title: 'User', permissions: ['s:c'] } },
};
const after = {
  services: { s: { title: 'S', permissions: { a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' } } },
  templates: {
    one: { title: 'One', version: 3, permissions: ['s:a', 's:d', 's:e'] },
    two: { title: 'Two', version: 1, permissions: ['s:b'] },
  },
  roles: { user: { title: 'User', permissions: ['s:c'] } },
};

const deploy = (catalog, store) => createTokens({ catalog, store, prefix: 'test' });

/** Tokens made with an earlier catalog, and the deployment with the current one. */
async function deployed(selections, today = after) {
  const store = memoryStore();
  const old = await deploy(before, store);
  const made = [];
  for (const [name, selection] of Object.entries(selections)) {
    const input = { kind: 'permission-set', name, owner: 'org:acme', ...selection };
    made.push(await old.create(input, admin));
  }
  return { tokens: await deploy(today, store), old, made };
}

const namesOf = ({ items }) => items.map(({ name }) => name).sort();

describe('drift', () => {
  test('a template that grew is reported, and no existing token grows', async () => {
    const { tokens, made } = await deployed({ T: { templates: ['one'] } });
    const [{ token, record }] = made;
    const report = await tokens.drift({ owner: 'org:acme' }, admin);
    assert.deepEqual(report, {
      items: [
        {
          id: record.id,
          name: 'T',
          adds: ['s:d', 's:e'],
          drops: [],
          templates: [{ id: 'one', version: 2, current: 3, adds: ['s:d', 's:e'] }],
        },
      ],
      templates: [{ id: 'one', version: 3, behind: 1, adds: ['s:d', 's:e'] }],
      scanned: 1,
    });
    assert.equal((await tokens.verify(token, 's:d')).code, 'insufficient_permission');
    assert.deepEqual(await tokens.get(record.id, admin), record);
  });

  test('a token that equals its selection of today is not in it', async () => {
    const { tokens, old } = await deployed({
      same: { templates: ['two'] },
      added: { add: ['s:*'] },
      role: { role: 'user' },
    });
    assert.deepEqual(await old.drift({ owner: 'org:acme' }, admin), { items: [], templates: [], scanned: 3 });
    // A pattern is resolved when a token is made: a different meaning today is drift, too.
    const report = await tokens.drift({ owner: 'org:acme' }, admin);
    assert.deepEqual(namesOf(report), ['added']);
    assert.deepEqual(report.items[0].adds, ['s:d', 's:e']);
    assert.deepEqual(report.templates, []);
  });

  test('a permission that was removed by name is not reported as lacking', async () => {
    const { tokens } = await deployed(
      { T: { templates: ['one'], add: ['s:c'], remove: ['s:b'] } },
      {
        ...after,
        templates: { ...after.templates, one: { title: 'One', version: 3, permissions: ['s:a', 's:b'] } },
      },
    );
    const { items } = await tokens.drift({ owner: 'org:acme' }, admin);
    assert.deepEqual(items[0].adds, []);
    assert.deepEqual(items[0].templates, [{ id: 'one', version: 2, current: 3, adds: [] }]);
  });

  test('a template and permissions that no longer exist are reported', async () => {
    const today = {
      services: { s: { title: 'S', permissions: { a: 'A' } } },
      templates: { two: { title: 'Two', version: 4, permissions: ['s:a'] } },
    };
    const { tokens, made } = await deployed({ T: { templates: ['one', 'two'] } }, today);
    const { items, templates } = await tokens.drift({ owner: 'org:acme' }, admin);
    assert.deepEqual(items[0].drops, ['s:b']);
    assert.deepEqual(items[0].templates, [
      { id: 'one', version: 2, adds: [] },
      { id: 'two', version: 1, current: 4, adds: [] },
    ]);
    assert.deepEqual(
      templates.map(({ id, version }) => [id, version]),
      [
        ['one', undefined],
        ['two', 4],
      ],
    );
    // A permission that the catalog no longer has cannot be required.
    await assert.rejects(tokens.verify(made[0].token, 's:b'), { code: 'invalid_input' });
  });

  test('a query for one template returns exactly the tokens behind it', async () => {
    const { tokens } = await deployed({ one: { templates: ['one'] }, two: { templates: ['two'] } });
    assert.deepEqual(namesOf(await tokens.drift({ owner: 'org:acme', template: 'one' }, admin)), ['one']);
    assert.deepEqual(namesOf(await tokens.drift({ owner: 'org:acme', template: 'two' }, admin)), []);
    await assert.rejects(tokens.drift({ owner: 'org:acme', template: 'oen' }, admin), /did you mean "one"/);
  });

  test('pages of any size add up: "v3 adds 2 permissions; 41 tokens are behind"', async () => {
    const selections = Object.fromEntries(
      Array.from({ length: 60 }, (_, nth) => [`T${nth}`, { templates: [nth < 41 ? 'one' : 'two'] }]),
    );
    const { tokens, made } = await deployed(selections);
    await tokens.revoke(made[59].record.id, {}, admin);
    for (const limit of [1, 7, 60, 200]) {
      const behind = new Map();
      let scanned = 0;
      let after;
      do {
        const page = await tokens.drift({ owner: 'org:acme', limit, after }, admin);
        for (const { id, version, behind: count, adds } of page.templates) {
          assert.deepEqual([id, version, adds], ['one', 3, ['s:d', 's:e']]);
          behind.set(id, (behind.get(id) ?? 0) + count);
        }
        scanned += page.scanned;
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual([...behind], [['one', 41]], `pages of ${limit}`);
      assert.equal(scanned, 60);
    }
  });

  test('a revoked token is not behind anything', async () => {
    const { tokens, made } = await deployed({ T: { templates: ['one'] } });
    await tokens.revoke(made[0].record.id, {}, admin);
    assert.deepEqual(await tokens.drift({ owner: 'org:acme' }, admin), {
      items: [],
      templates: [],
      scanned: 1,
    });
  });

  test('it needs an actor who manages the owner', async () => {
    const { tokens } = await deployed({ T: { templates: ['one'] } });
    const stranger = { id: 'user:eve', roles: { 'org:other': 'admin' } };
    await assert.rejects(tokens.drift({ owner: 'org:acme' }, stranger), { code: 'forbidden' });
    assert.equal((await tokens.drift({ owner: 'org:other' }, stranger)).scanned, 0);
    for (const wrong of [undefined, { owners: 'org:acme' }, { owner: 'org:acme', limit: 0 }, { owner: 7 }]) {
      await assert.rejects(tokens.drift(wrong, admin), { code: 'invalid_input' });
    }
  });
});
