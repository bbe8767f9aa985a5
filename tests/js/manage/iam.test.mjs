/**
 * Scale: a real catalog of 22,000 permissions, compared with the library that expands wildcards for
 * it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expandIamActions } from '@cloud-copilot/iam-expand';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { actionsOf, iamCatalog } from '../support/iam-catalog.mjs';

/** Patterns within a service, case-sensitively: the library ignores case. */
const PATTERNS = {
  'Get*': (action) => action.startsWith('Get'),
  'List*': (action) => action.startsWith('List'),
  'Describe*': (action) => action.startsWith('Describe'),
  '*Tag*': (action) => action.includes('Tag'),
};

describe('the catalog of a large cloud', async () => {
  const catalog = await iamCatalog();
  const services = actionsOf(catalog);
  const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
  const resolved = (selection) => tokens.resolve(selection, { tree: false }).permissions;

  test('has the expected size', () => {
    assert.equal(services.length, 456);
    assert.equal(services.flatMap(([, actions]) => actions).length, 22_091);
  });

  for (const [pattern, meant] of Object.entries(PATTERNS)) {
    test(`${pattern} of every service equals the result of iam-expand, except for case`, async () => {
      let found = 0;
      for (const [service] of services) {
        const expanded = await expandIamActions(`${service}:${pattern}`);
        const expected = expanded.filter((id) => meant(id.slice(service.length + 1))).sort();
        const selection = { add: [`${service}:${pattern}`] };
        if (expected.length > 0) {
          assert.deepEqual(resolved(selection), expected, service);
          assert.deepEqual(tokens.expand(`${service}:${pattern}`), expected, service);
        } else {
          assert.throws(() => tokens.expand(`${service}:${pattern}`), { code: 'invalid_input' }, service);
        }
        found += expected.length;
      }
      assert.ok(found > 500, `${found} in all`);
    });
  }

  test('its tree has a node for every action, in the order of the catalog', () => {
    const { tree, permissions } = tokens.resolve({ add: ['s3:Get*'] });
    assert.deepEqual(
      tree.map(({ id, children }) => [id, children.map((child) => child.id.slice(id.length + 1))]),
      services,
    );
    const on = tree.flatMap(({ children }) => children.filter(({ state }) => state === 'on'));
    assert.deepEqual(on.map(({ id }) => id).sort(), permissions);
  });

  test('a token of thousands of permissions has exactly those', async () => {
    const actor = { id: 'root', roles: { '': 'admin' } };
    const input = {
      kind: 'permission-set',
      name: 'Readers',
      owner: 'org:a',
      add: ['*:Get*', '*:List*', '*:Describe*'],
    };
    const { token, record } = await tokens.create(input, actor);
    const held = new Set(record.permissions);
    assert.ok(held.size > 7_000, `${held.size}`);
    // The first and the last of each service: a requirement has at most 1,000.
    const probes = services.flatMap(([service, actions]) =>
      [...new Set([actions[0], actions.at(-1)])].map((action) => `${service}:${action}`),
    );
    const [yes, no] = [probes.filter((id) => held.has(id)), probes.filter((id) => !held.has(id)).sort()];
    assert.ok(yes.length > 50 && no.length > 50, `${yes.length} and ${no.length}`);
    assert.equal((await tokens.verify(token, { all: yes })).code, 'valid');
    assert.deepEqual((await tokens.verify(token, { any: no })).missing, no);
  });
});
