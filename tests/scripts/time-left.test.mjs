/** The time left, estimated from earlier durations. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inSeconds, timeLeft, timeLeftInWords } from '../../scripts/shell/time-left.mjs';

describe('time left', () => {
  for (const [what, expected, elapsed, left] of [
    ['at the start: the sum', [60_000, 5_000, 2_000], 0, 67_000],
    ['the elapsed time is subtracted', [60_000, 5_000], 20_000, 45_000],
    ['a step over its time: unknown', [60_000, 5_000], 90_000, undefined],
    ['no step left', [], 0, undefined],
  ]) {
    test(what, () => assert.equal(timeLeft(expected, elapsed), left));
  }
});

describe('in words', () => {
  for (const [milliseconds, words] of [
    [undefined, 'taking longer than expected'],
    [0, 'about 0 s left'],
    [4_200, 'about 5 s left'],
    [12_000, 'about 15 s left'],
    [54_000, 'about 55 s left'],
    [58_000, 'about 1 min left'],
    [100_000, 'about 2 min left'],
    [310_000, 'about 5 min left'],
  ]) {
    test(`${milliseconds} ms: ${words}`, () => assert.equal(timeLeftInWords(milliseconds), words));
  }
});

test('a measured duration', () => {
  assert.deepEqual([40, 9_940, 9_960, 59_400, 59_600, 125_000].map(inSeconds), [
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '2 min 5 s',
  ]);
});
