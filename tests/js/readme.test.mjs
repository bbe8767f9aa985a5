/** The README in the package: its examples run, and print what their comments say. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeBlocks, promised, run } from './support/examples.mjs';

const readme = readFileSync(new URL('./README.md', import.meta.resolve('leastkey/package.json')), 'utf8');
const here = fileURLToPath(new URL('.', import.meta.url));

describe('the README', () => {
  const examples = codeBlocks(readme, 'ts');

  test('has examples with their output', () => {
    assert.ok(examples.length > 0);
    for (const { line, code } of examples) assert.notDeepEqual(promised(code), [], `line ${line}`);
  });

  for (const { line, code } of examples) {
    test(`the example of line ${line} has the stated output`, async () => {
      const { exit, lines, stderr } = await run(code, here);
      assert.equal(exit, 0, stderr);
      assert.deepEqual(lines, promised(code));
    });
  }
});
