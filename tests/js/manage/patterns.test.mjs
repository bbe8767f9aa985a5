/**
 * Every pattern over a small alphabet against every permission over it, in the core and in the
 * naive reference.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { isPattern, isPermission, matching, means, permissionsOf } from '../support/naive-permissions.mjs';

/** All texts of up to `depth` of these segments. */
function texts(segments, depth) {
  let longest = segments;
  const all = [...longest];
  for (let length = 2; length <= depth; length += 1) {
    longest = longest.flatMap((text) => segments.map((segment) => `${text}:${segment}`));
    all.push(...longest);
  }
  return all;
}

const LITERALS = ['a', 'ab', 'b'];

/** A catalog whose permissions are all texts of two and three of these segments. */
const nodes = (depth) =>
  Object.fromEntries(
    LITERALS.map((id) => [
      id,
      depth === 1 ? id : { title: id, grantable: true, permissions: nodes(depth - 1) },
    ]),
  );
const catalog = {
  services: Object.fromEntries(LITERALS.map((id) => [id, { title: id, permissions: nodes(2) }])),
};
const everything = [...permissionsOf(catalog).keys()].sort();

const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });

/**
 * How the core resolves a pattern, on both of its paths: the permissions, or nothing if it refuses.
 */
function resolved(pattern) {
  const [selected, expanded] = [
    () => tokens.resolve({ add: [pattern] }, { tree: false }).permissions,
    () => tokens.expand(pattern),
  ].map((ask) => {
    try {
      return ask();
    } catch (error) {
      assert.equal(error.code, 'invalid_input', `${pattern}: ${error.message}`);
      return undefined;
    }
  });
  assert.deepEqual(expanded, selected, `"${pattern}"`);
  return selected;
}

/** How the naive reference resolves it. */
function expected(pattern) {
  try {
    return matching(catalog, pattern).sort();
  } catch {
    return undefined;
  }
}

describe('patterns', () => {
  test('the catalog has every permission of two and three segments', () => {
    assert.deepEqual(
      everything,
      texts(LITERALS, 3)
        .filter((id) => id.includes(':'))
        .sort(),
    );
  });

  const patterns = texts([...LITERALS, '*', '**', ''], 3);

  test(`all ${patterns.length} patterns over {a, ab, b, *, **, empty} to depth 3 agree on all ${everything.length} permissions`, () => {
    for (const pattern of patterns) assert.deepEqual(resolved(pattern), expected(pattern), `"${pattern}"`);
  });

  test('a pattern with an empty segment is refused by both', () => {
    const empty = patterns.filter((pattern) => pattern.split(':').includes(''));
    assert.equal(empty.length, 1 + (36 - 25) + (216 - 125));
    for (const pattern of empty) {
      assert.equal(isPattern(pattern), false, `"${pattern}"`);
      assert.equal(resolved(pattern), undefined, `"${pattern}"`);
    }
  });

  test('stars inside segments agree', () => {
    const inside = ['a*', '*b', '*a*', 'a*b', '*', '**', 'a**', '***', 'a*b*', '**b'];
    for (const pattern of texts(inside, 3)) {
      assert.deepEqual(resolved(pattern), expected(pattern), `"${pattern}"`);
    }
  });

  test('a text over the same alphabet is a requirement exactly if it is a permission of the catalog', async () => {
    const { token } = await tokens.create(
      { kind: 'permission-set', name: 'All', owner: 'org:a', add: ['**'] },
      { id: 'root', roles: { '': 'admin' } },
    );
    for (const text of patterns) {
      const known = isPermission(text) && everything.includes(text);
      if (known) assert.equal((await tokens.verify(token, { permission: text })).valid, true, text);
      else await assert.rejects(tokens.verify(token, { permission: text }), { code: 'invalid_input' }, text);
    }
  });

  test('the reference itself: a star is part of a segment, two stars are any number of segments', () => {
    for (const [pattern, permission, meant] of [
      ['a:*', 'a:b', true],
      ['a:*', 'a:b:c', false],
      ['a:**', 'a', true],
      ['**:c', 'a:b:c', true],
      ['**:b:**', 'a:b', true],
      ['a:x*z', 'a:xz', true],
      ['a:x*z', 'a:x', false],
    ]) {
      assert.equal(means(pattern, permission), meant, `${pattern} and ${permission}`);
    }
  });
});
