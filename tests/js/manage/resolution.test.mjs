/** Properties of resolutions, trees and suggestions, on random selections of random catalogs. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { closure, matching, permissionsOf, templateGives } from '../support/naive-permissions.mjs';
import { Random, seed } from '../support/random.mjs';
import { randomCatalog, randomPatterns, randomSelection } from '../support/random-model.mjs';

const CATALOGS = 150;
const SELECTIONS = 10;

const deploy = (catalog) => createTokens({ catalog, store: memoryStore(), prefix: 'test' });

/** Calls `check(catalog, tokens, selection, random)` for random selections of random catalogs. */
async function forSelections(check) {
  const random = new Random(seed);
  for (let made = 0; made < CATALOGS; made += 1) {
    const catalog = randomCatalog(random);
    const tokens = await deploy(catalog);
    for (let nth = 0; nth < SELECTIONS; nth += 1) {
      const selection = randomSelection(random, catalog);
      try {
        await check({ catalog, tokens, selection, random });
      } catch (error) {
        error.message += `\nseed ${seed}: ${JSON.stringify({ catalog, selection })}`;
        throw error;
      }
    }
  }
}

const includesAll = (all, some) => some.every((id) => all.includes(id));

describe('a resolution', () => {
  test('is monotone in its templates: one more removes nothing', () =>
    forSelections(({ catalog, tokens, selection }) => {
      const { permissions } = tokens.resolve(selection, { tree: false });
      for (const template of Object.keys(catalog.templates)) {
        if (selection.templates.includes(template)) continue;
        const more = { ...selection, templates: [...selection.templates, template] };
        const wider = tokens.resolve(more, { tree: false }).permissions;
        assert.ok(includesAll(wider, permissions), template);
      }
    }));

  test('without removals is the union of its templates', () =>
    forSelections(({ tokens, selection: { templates } }) => {
      const apart = templates.flatMap(
        (id) => tokens.resolve({ templates: [id] }, { tree: false }).permissions,
      );
      const together = tokens.resolve({ templates }, { tree: false }).permissions;
      assert.deepEqual(together, [...new Set(apart)].sort());
    }));

  test('never has a removed permission, whatever gives or implies it', () =>
    forSelections(({ catalog, tokens, selection, random }) => {
      const everything = [...permissionsOf(catalog).keys()];
      const remove = randomPatterns(random, everything, 3);
      // Everything is selected in every way, so that the removal has to override all of them.
      const greedy = { templates: Object.keys(catalog.templates), add: ['**'], role: 'admin', remove };
      const removed = remove.flatMap((pattern) => matching(catalog, pattern));
      for (const chosen of [greedy, { ...selection, remove }]) {
        const { permissions } = tokens.resolve(chosen, { tree: false });
        assert.deepEqual(
          permissions.filter((id) => removed.includes(id)),
          [],
        );
      }
      const left = everything.filter((id) => !removed.includes(id)).sort();
      assert.deepEqual(tokens.resolve(greedy, { tree: false }).permissions, left);
    }));

  test('has the same bytes when it is computed again, also by another instance', () =>
    forSelections(async ({ catalog, tokens, selection }) => {
      const bytes = JSON.stringify(tokens.resolve(selection));
      assert.equal(JSON.stringify(tokens.resolve(selection)), bytes);
      assert.equal(JSON.stringify((await deploy(catalog)).resolve(selection)), bytes);
    }));
});

/** Every node of a tree. */
const nodesOf = (tree) => tree.flatMap((node) => [node, ...nodesOf(node.children)]);
/** The permissions at and below a node. */
const permissionsAt = (node) =>
  nodesOf([node])
    .filter(({ grantable }) => grantable)
    .map(({ id }) => id);

describe('the tree', () => {
  test('has every permission of the catalog once', () =>
    forSelections(({ catalog, tokens, selection }) => {
      const { tree } = tokens.resolve(selection);
      const shown = nodesOf(tree)
        .filter(({ grantable }) => grantable)
        .map(({ id }) => id);
      assert.deepEqual(shown.sort(), [...permissionsOf(catalog).keys()].sort());
    }));

  test('agrees with the set on every node', () =>
    forSelections(({ tokens, selection }) => {
      const { tree, permissions } = tokens.resolve(selection);
      for (const node of nodesOf(tree)) {
        const below = permissionsAt(node);
        const given = below.filter((id) => permissions.includes(id)).length;
        const state = given === 0 ? 'off' : given === below.length ? 'on' : 'partly';
        assert.equal(node.state, state, node.id);
      }
    }));

  test('has the source of each permission', () =>
    forSelections(({ catalog, tokens, selection }) => {
      const { tree, permissions } = tokens.resolve(selection);
      for (const { id, from, grantable } of nodesOf(tree)) {
        if (!grantable) {
          assert.deepEqual(from, []);
          continue;
        }
        const named = (kind) => from.filter((source) => kind in source).map((source) => source[kind]);
        assert.deepEqual(
          named('template'),
          selection.templates.filter((template) => templateGives(catalog, template).has(id)),
        );
        // The permission itself comes before patterns.
        const meaning = (patterns) => {
          const found = patterns.filter((pattern) => matching(catalog, pattern).includes(id));
          return [...found.filter((pattern) => pattern === id), ...found.filter((pattern) => pattern !== id)];
        };
        assert.deepEqual(named('added'), meaning(selection.add));
        assert.deepEqual(named('removed'), meaning(selection.remove));
        for (const implying of named('impliedBy')) {
          assert.ok(permissionsOf(catalog).get(implying).includes(id), `${implying} implies ${id}`);
        }
        const given = from.some((source) => !('removed' in source));
        assert.equal(permissions.includes(id), given && named('removed').length === 0, id);
      }
    }));
});

describe('a suggestion', () => {
  const CATALOGS_TO_EXHAUST = 100;

  test('covers the required permissions with the least excess, and no smaller one does', async () => {
    const random = new Random(seed);
    let exhausted = 0;
    while (exhausted < CATALOGS_TO_EXHAUST) {
      const catalog = randomCatalog(random);
      const everything = [...permissionsOf(catalog).keys()];
      if (everything.length > 7) continue;
      const tokens = await deploy(catalog);
      for (const wanted of subsets(everything).slice(1)) {
        requireSmallest(tokens, catalog, wanted, `seed ${seed}: ${JSON.stringify({ catalog, wanted })}`);
      }
      exhausted += 1;
    }
  });

  function requireSmallest(tokens, catalog, wanted, about) {
    const { templates, add, excess, smallest, instead } = tokens.suggest(wanted);
    const chosen = { templates: templates.map(({ id }) => id), add: add.map(({ id }) => id) };
    const { permissions } = tokens.resolve(chosen, { tree: false });
    const least = [...closure(catalog, wanted)].sort();
    assert.deepEqual(permissions, least, about);
    assert.deepEqual(
      excess,
      least.filter((id) => !wanted.includes(id)),
      about,
    );
    assert.equal(smallest, true, about);
    // Every smaller choice gives less than required, or more than necessary.
    const entries = choices(catalog);
    const size = templates.length + add.length;
    for (const fewer of chosenFrom(entries, size - 1)) {
      const gives = new Set(fewer.flatMap((entry) => entry.gives));
      const does = wanted.every((id) => gives.has(id)) && gives.size === least.length;
      assert.ok(!does, `${fewer.map((entry) => entry.id)} would do\n${about}`);
    }
    for (const { id, excess: more } of instead) {
      const gives = tokens.resolve({ templates: [id] }, { tree: false }).permissions;
      assert.ok(includesAll(gives, wanted), about);
      assert.deepEqual(
        more,
        gives.filter((permission) => !wanted.includes(permission)),
        about,
      );
    }
  }

  /** Everything that a suggestion can choose, with the permissions that it gives. */
  function choices(catalog) {
    const entry = (id, ids) => ({ id, gives: [...closure(catalog, ids)] });
    return [
      ...Object.keys(catalog.templates).map((id) => entry(id, templateGives(catalog, id))),
      ...[...permissionsOf(catalog).keys()].map((id) => entry(id, [id])),
    ];
  }

  /** All choices of up to `most` items. */
  function chosenFrom(items, most) {
    if (most <= 0 || items.length === 0) return [[]];
    const [first, ...rest] = items;
    return [...chosenFrom(rest, most), ...chosenFrom(rest, most - 1).map((chosen) => [first, ...chosen])];
  }

  const subsets = (items) => chosenFrom(items, items.length).sort((a, b) => a.length - b.length);

  test('names alternative templates, the least excess first', async () => {
    const catalog = {
      services: { s: { title: 's', permissions: { a: 'A', b: 'B', c: 'C' } } },
      templates: {
        all: { title: 'All', permissions: ['s:*'] },
        two: { title: 'Two', permissions: ['s:a', 's:b'] },
      },
    };
    const tokens = await deploy(catalog);
    assert.deepEqual(tokens.suggest(['s:a']), {
      templates: [],
      add: [{ id: 's:a', gives: ['s:a'], excess: [] }],
      excess: [],
      smallest: true,
      instead: [
        { id: 'two', gives: ['s:a'], excess: ['s:b'] },
        { id: 'all', gives: ['s:a'], excess: ['s:b', 's:c'] },
      ],
    });
    for (const wrong of [[], ['s:x'], ['s:*'], 's:a', undefined]) {
      assert.throws(() => tokens.suggest(wrong), { code: 'invalid_input' });
    }
  });
});
