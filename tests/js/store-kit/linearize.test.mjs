/** The search for an order of operations, beside one that tries all orders. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstUnexplained } from 'leastkey/store-kit';
import { Random } from '../support/random.mjs';

const random = new Random(7);

/** Whether some order explains all operations: by trying all of them. */
function someOrder(left, state) {
  if (left.every(({ ended }) => ended === Number.POSITIVE_INFINITY)) return true;
  return left.some((next) => {
    if (left.some(({ ended }) => ended < next.began)) return false;
    if (next.expect !== undefined && next.expect !== state) return false;
    if (next.not !== undefined && next.not === state) return false;
    return someOrder(
      left.filter((each) => each !== next),
      next.put === undefined ? state : next.put,
    );
  });
}

/** What is known when `at` has come. */
function until(operations, at) {
  return operations
    .filter(({ began }) => began <= at)
    .map((each) => (each.ended <= at ? each : { ...each, ended: Number.POSITIVE_INFINITY }))
    .filter(({ ended, put }) => ended !== Number.POSITIVE_INFINITY || put !== undefined);
}

/** Few values, so that operations meet; of three, so that a value may come back. */
const value = () => random.pick(['1', '2', null]);

/** The operations of up to four clients, one after the other for each. */
function randomHistory() {
  const events = Array.from({ length: 1 + random.below(6) }, () => {
    const began = random.below(12);
    const lost = random.once(6);
    const kind = random.below(5);
    const effect = [
      () => ({ expect: value() }),
      () => ({ expect: value(), put: value() }),
      () => ({ put: value() }),
      () => ({ not: value() }),
      () => ({ expect: value(), put: value() }),
    ][kind]?.();
    const ended = began + 1 + random.below(6);
    return { began, ended: lost && effect && 'put' in effect ? Number.POSITIVE_INFINITY : ended, ...effect };
  });
  // No two events at the same time.
  return events.map((each, index) => ({
    ...each,
    began: each.began + index / 100,
    ended: each.ended + index / 100 + 0.5,
  }));
}

test('finds an order exactly if there is one, and the first operation that none explains', () => {
  const found = { explained: 0, unexplained: 0 };
  for (let round = 0; round < 20_000; round++) {
    const operations = randomHistory();
    const initial = value();
    const at = firstUnexplained(operations, [initial]);
    const shown = () => JSON.stringify({ operations, initial, at });
    assert.equal(at === undefined, someOrder(operations, initial), shown());
    found[at === undefined ? 'explained' : 'unexplained'] += 1;
    if (at === undefined) continue;
    const end = operations[at].ended;
    assert.equal(someOrder(until(operations, end), initial), false, shown());
    assert.equal(someOrder(until(operations, end - 0.001), initial), true, shown());
  }
  assert.ok(found.explained > 3_000 && found.unexplained > 3_000, JSON.stringify(found));
});

test('of several possible values before, one has to explain all', () => {
  const reads = [
    { began: 0, ended: 1, expect: '1' },
    { began: 2, ended: 3, expect: '2' },
  ];
  assert.equal(firstUnexplained(reads.slice(0, 1), ['1', '2']), undefined);
  assert.equal(firstUnexplained(reads, ['1', '2']), 1);
});

test('is quick on a thousand operations of eight clients', () => {
  const operations = [];
  for (let count = 0; count < 1_000; count++) {
    const began = count * 10;
    operations.push({ began, ended: began + 75, expect: `${count}`, put: `${count + 1}` });
  }
  const start = performance.now();
  assert.equal(firstUnexplained(operations, ['0']), undefined);
  assert.ok(performance.now() - start < 10_000);
});
