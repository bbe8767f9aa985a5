/**
 * Random decisions, by the core and by the naive reference. `LEASTKEY_DECISIONS=1000000` makes more
 * of them, `LEASTKEY_SEED` repeats a run.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { covers, decide, narrowed, permissionsOf, resolve } from '../support/naive-permissions.mjs';
import { Random, seed } from '../support/random.mjs';
import {
  randomCatalog,
  randomNarrowing,
  randomPlace,
  randomRequirement,
  randomSelection,
} from '../support/random-model.mjs';

const DECISIONS = Number(process.env.LEASTKEY_DECISIONS ?? 100_000);
const TOKENS_OF_A_CATALOG = 8;
const REQUIREMENTS_OF_A_TOKEN = 100;

const root = { id: 'root', roles: { '': 'admin' } };

describe('decisions', () => {
  test(`${DECISIONS} random ones agree with the naive reference (seed ${seed})`, async () => {
    const random = new Random(seed);
    const codes = {};
    for (let made = 0; made < DECISIONS; ) {
      const catalog = randomCatalog(random);
      const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
      const ids = [...permissionsOf(catalog).keys()];
      for (let nth = 0; nth < TOKENS_OF_A_CATALOG; nth += 1) {
        const { token, grant } = await randomToken(random, catalog, tokens, `Token ${nth}`);
        for (let asked = 0; token !== null && asked < REQUIREMENTS_OF_A_TOKEN; asked += 1) {
          const requirement = randomRequirement(random, ids);
          const { code, missing = [] } = await tokens.verify(token, requirement);
          const answer = { code, missing };
          if (!same(answer, decide(grant, requirement))) {
            assert.deepEqual(
              { grant, requirement, ...answer },
              { grant, requirement, ...decide(grant, requirement) },
              `seed ${seed}: ${JSON.stringify(catalog)}`,
            );
          }
          codes[code] = (codes[code] ?? 0) + 1;
          made += 1;
        }
      }
    }
    // The generator must ask for different things.
    for (const code of ['valid', 'insufficient_permission', 'outside_resource']) {
      assert.ok(codes[code] > DECISIONS / 50, `seed ${seed}: ${JSON.stringify(codes)}`);
    }
  });
});

/**
 * A token of a random selection, once its grant has been compared; `null` for a selection that
 * gives nothing.
 */
async function randomToken(random, catalog, tokens, name) {
  const selection = randomSelection(random, catalog);
  const permissions = resolve(catalog, selection);
  const about = `seed ${seed}: ${JSON.stringify({ catalog, selection })}`;
  assert.deepEqual(tokens.resolve(selection, { tree: false }).permissions, permissions, about);
  const resource = randomPlace(random);
  const narrowing = { ...selection, resources: randomNarrowing(random, permissions, resource, covers) };
  const resources = narrowed(catalog, narrowing);
  const input = { kind: 'permission-set', name, owner: 'org:a', ...narrowing, resource };
  if (permissions.length === 0) {
    await assert.rejects(tokens.create(input, root), { code: 'invalid_input' }, about);
    return { token: null };
  }
  const { token, record } = await tokens.create(input, root);
  assert.deepEqual(record.permissions, permissions, about);
  assert.deepEqual(sorted(record.resources), sorted(resources), about);
  assert.deepEqual(sorted(tokens.resolve(narrowing).resources), sorted(resources), about);
  return { token, grant: { permissions, resource, resources } };
}

/** Resources are a set: their order does not matter. */
const sorted = (resources = {}) =>
  Object.fromEntries(Object.entries(resources).map(([id, places]) => [id, places.toSorted()]));

const same = (one, other) => one.code === other.code && one.missing.join() === other.missing.join();
