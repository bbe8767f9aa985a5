/**
 * The benchmarks still measure what they claim: each of our contestants gives the right answers.
 * Nothing is timed, and no peer is needed.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as byHand from '../../benches/contestants/by-hand.mjs';
import * as edge from '../../benches/contestants/edge.mjs';
import * as leastkey from '../../benches/contestants/leastkey.mjs';
import { bitset, set } from '../../benches/contestants/permission.mjs';
import * as webCrypto from '../../benches/contestants/web-crypto.mjs';
import { ofCatalog, ofTokens } from '../../benches/parts/growth.mjs';
import { seeRight } from '../../benches/race/right.mjs';
import { required } from '../../benches/scenario.mjs';
import * as start from '../../benches/starts/leastkey.mjs';
import { bigStore } from '../../benches/store.mjs';

/** The exports of a module that make contestants. */
const contestantsOf = (module, others) =>
  Object.entries(module).filter(([name, value]) => typeof value === 'function' && !others.includes(name));

describe('the contestants of the benches', () => {
  const all = Object.entries({
    'by hand': contestantsOf(byHand, ['isRight']),
    WebCrypto: contestantsOf(webCrypto, []),
    permission: Object.entries({ bitset, set }),
    leastkey: contestantsOf(leastkey, ['catalogOf', 'createToken', 'deployed', 'isRight']),
    'leastkey/edge': contestantsOf(edge, []),
  });
  for (const [group, contestants] of all) {
    for (const [name, contestant] of contestants) {
      test(`${group}: ${name} answers rightly`, async () => {
        await seeRight(await contestant({ count: 20 }), 40);
      });
    }
  }

  test('a wrong answer is detected', async () => {
    const wrong = { call: () => 'no', isRight: (answer) => answer === 'yes' };
    await assert.rejects(seeRight(wrong, 1), /"no"/);
  });
});

test('the store of the benches keeps order and expectations', () => {
  const store = bigStore();
  const write = (key, value, expect) => store.commit([{ key, value, expect }]);
  for (const key of ['b/2', 'a/1', 'b/1', 'c', 'b/3']) assert.equal(write(key, key, null), true);
  const found = (range) => store.list(range).map(({ key }) => key);
  assert.deepEqual(found({ prefix: 'b/', limit: 2 }), ['b/1', 'b/2']);
  assert.deepEqual(found({ prefix: 'b/', after: 'b/2', limit: 2 }), ['b/3']);
  assert.equal(write('b/1', 'new', null), false);
  assert.equal(write('b/1', null, 'b/1'), true);
  assert.deepEqual(found({ prefix: 'b/', limit: 9 }), ['b/2', 'b/3']);
  assert.deepEqual(store.get(['a/1', 'b/1']), ['a/1', null]);
});

describe('other measurements', () => {
  test('a start reaches a verdict', async () => {
    assert.equal(await start.first(await start.prepare(), required), true);
  });

  test('growth with the catalog', async () => {
    for (const call of Object.values(await ofCatalog(100))) await call();
  });

  test('growth with the tokens', async () => {
    const grow = ofTokens();
    for (const size of [10, 250]) for (const call of Object.values(await grow(size))) await call();
  });
});

describe('the marks of the tables', () => {
  for (const path of ['README.md', 'docs/benchmarks.md']) {
    test(`are in ${path}`, () => {
      const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
      assert.match(text, /<!-- benches: [^>]*-->[\s\S]*<!-- end of benches -->/);
    });
  }
});
