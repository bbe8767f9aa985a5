/** The budget of instructions, whose counts `npm test -- --only instructions` makes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inClone } from '../../scripts/paths.mjs';
import { reportOf } from '../../scripts/test/instructions.mjs';

const budget = { 'verify, cached': 1_200, 'read a record': 60_000 };

const counted = (hit, record) =>
  new Map([
    ['verify, cached', hit],
    ['read a record', record],
  ]);

test('counts within the budget pass, and one more does not', () => {
  const within = reportOf(budget, counted(1_200, 60_000));
  assert.deepEqual([within.isOver, within.isLoose], [false, false]);
  assert.equal(reportOf(budget, counted(1_201, 60_000)).isOver, true);
});

test('a count over its budget is named, with the difference and how to look', () => {
  const { text } = reportOf(budget, counted(1_150, 63_000));
  assert.match(text, /read a record: 63,000 instructions, 3,000 \(5\.0 %\) over its budget of 60,000/);
  assert.match(text, /callgrind_annotate build\/callgrind\/read-a-record\.out/);
  assert.doesNotMatch(text, /verify, cached/);
});

test('a budget far above its count is named too, but passes', () => {
  const { isOver, isLoose, text } = reportOf(budget, counted(1_150, 30_000));
  assert.deepEqual([isOver, isLoose], [false, true]);
  assert.match(text, /read a record: 30,000 instructions, 30,000 \(50\.0 %\) under its budget of 60,000/);
});

test('a hit, a record and a miss have a budget', () => {
  const { instructions } = JSON.parse(readFileSync(inClone('instruction-budget.json'), 'utf8'));
  assert.deepEqual(Object.keys(instructions), ['verify, cached', 'read a record', 'verify, read and cached']);
});
