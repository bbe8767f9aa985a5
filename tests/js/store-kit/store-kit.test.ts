/** The kit finds what is wrong with a store, names the promise, and passes right stores. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkStore, formatReport, PROMISES } from 'leastkey/store-kit';
import { BROKEN_STORES, rightLink, rightStore } from './broken-stores.js';

/** The schedule is that of the stores; the random calls are these. */
const SEED = 20_261_201;

const check = (open: Parameters<typeof checkStore>[0], limit = 5_000) =>
  checkStore(open, { seed: SEED, limit });

// Mostly they wait, each for its own.
describe('the kit and stores that break a promise', { concurrency: 8 }, () => {
  for (const { fault, breaks, open } of BROKEN_STORES) {
    test(`finds the store that ${fault}`, async () => {
      const report = await check(open, breaks.includes('time') ? 300 : 5_000);
      assert.equal(report.ok, false, 'the kit found nothing');
      const found = report.broken.map(({ promise }) => promise);
      assert.ok(found.includes(breaks[0]), formatReport(report));
      for (const promise of found) assert.ok(breaks.includes(promise), formatReport(report));
      const text = formatReport(report);
      assert.ok(text.includes(PROMISES[breaks[0]].title) && text.includes(PROMISES[breaks[0]].consequence));
      for (const { history, title } of report.broken) {
        assert.ok(
          history.length <= 8,
          `${title}: ${history.length} calls are more than a reader needs\n${text}`,
        );
      }
    });
  }

  test('are more than fifteen, and break each promise of the contract', () => {
    assert.ok(BROKEN_STORES.length > 15);
    const beyond = ['refusals', 'sweeping'];
    const broken = new Set(BROKEN_STORES.map(({ breaks }) => breaks[0]));
    assert.deepEqual(
      Object.keys(PROMISES).filter((id) => !broken.has(id as never) && !beyond.includes(id)),
      [],
    );
  });
});

describe('the kit and right stores', () => {
  for (const [name, open] of [
    ['killed', rightStore],
    ['over a connection', rightLink],
  ] as const) {
    test(`finds nothing: ${name}`, async () => {
      const report = await check(open);
      assert.ok(report.ok, formatReport(report));
      assert.ok(report.passed.length >= 20, formatReport(report));
    });
  }
});
