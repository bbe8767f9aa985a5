/** House rules: replaced identifiers are not used again, and comments fit into 100 columns. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const MAX_COLUMNS = 100;

/** Replaced names, by the folders that had them. CONTRIBUTING.md has the current terms. */
const OLD = {
  'src bindings': [
    'Blank Edge Gate Halt Ledger Mark::of_call Numbered Rare Recent Restore Scratch Seen Standing Step',
    'Terms UsedToken Verifying Wanted fill_absent fill_unproven look_up planted recall recall_many restore_members saw',
    'take_in verify_and_remember',
  ],
  js: [
    'FreshVerifier Looks Recollection Remembering Room Scratch TimeLimitError askNow atOnce doubt recall recallMany takeIn',
    'verifyAtOnce',
  ],
  'src bindings js tests benches': ['MOST LONGEST'],
};

const filesIn = (folders) =>
  execFileSync('git', ['ls-files', '-z', ...folders.split(' ')], { encoding: 'utf8' })
    .split('\0')
    .filter((file) => /\.(rs|ts|mjs)$/.test(file) && existsSync(file));

/** Lines of code and comments that contain one of `names` as a whole word. */
function linesWith(names, folders) {
  const found = [];
  const word = new RegExp(`(?<![\\w.'"\`-])(?:${names.join('|')})(?:_[A-Z_]+)?(?![\\w'"\`-])`);
  for (const file of filesIn(folders)) {
    readFileSync(file, 'utf8')
      .split('\n')
      .forEach((line, at) => {
        if (word.test(line)) found.push(`${file}:${at + 1}: ${line.trim()}`);
      });
  }
  return found;
}

for (const [folders, names] of Object.entries(OLD)) {
  test(`no old identifier in ${folders}`, () => {
    const all = names.flatMap((line) => line.split(' '));
    const found = linesWith(all, folders).filter((line) => !line.startsWith('tests/scripts/house.test.mjs'));
    assert.deepEqual(found, []);
  });
}

test('an old identifier is found where there is one', () => {
  assert.notEqual(linesWith(['linesWith'], 'tests/scripts').length, 0);
});

test(`no comment is wider than ${MAX_COLUMNS} columns`, () => {
  const isComment = /^\s*(?:\/\/|\*|\/\*)/;
  const wide = [];
  for (const file of filesIn('src bindings js tests scripts benches')) {
    readFileSync(file, 'utf8')
      .split('\n')
      .forEach((line, at) => {
        // A row of a table, an address and a type cannot be broken.
        const breaks = !/\||:\/\/|@param/.test(line);
        if (line.length > MAX_COLUMNS && isComment.test(line) && breaks) wide.push(`${file}:${at + 1}`);
      });
  }
  assert.deepEqual(wide, []);
});
