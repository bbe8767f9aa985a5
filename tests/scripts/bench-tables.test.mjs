/** The tables that the benchmarks write into the documents. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openTargets, table } from '../../benches/tables/documents.mjs';

describe('the tables', () => {
  const ours = {
    who: 'leastkey, verify',
    ours: true,
    unit: '×',
    median: 0.5,
    nanoseconds: 500,
    target: 0.25,
  };
  const peer = { who: 'by hand', ours: false, unit: '×', median: 1, nanoseconds: 1_000, low: 0.9, high: 1.1 };
  const size = { who: 'leastkey', ours: true, unit: 'kB', median: 90, target: 100 };

  test('give the time of a request, then the ratio, and leave out columns without a figure', () => {
    assert.equal(
      table({ title: 'Verify', rows: [ours, peer] }),
      [
        '### Verify',
        '',
        '|  | µs per request | requests per second | median | middle half |',
        '|---|---|---|---|---|',
        '| **leastkey, verify** | 0.5 | 2,000,000 | 0.5 × |  |',
        '| by hand | 1 | 1,000,000 | 1 × | 0.9 to 1.1 |',
      ].join('\n'),
    );
    assert.match(table({ title: 'Size', rows: [size] }), /^\| {2}\| median \|$/m);
  });

  test('list the targets that are not met', () => {
    const parts = [
      { title: 'Verify', rows: [ours, peer] },
      { title: 'Size', rows: [size] },
    ];
    const open = '- Verify: leastkey, verify: 0.5 ×, target 0.25 ×';
    assert.equal(openTargets(parts), `### Open targets\n\n${open}`);
    assert.equal(openTargets([{ title: 'Size', rows: [size] }]), '### Open targets\n\nNone.');
  });
});
