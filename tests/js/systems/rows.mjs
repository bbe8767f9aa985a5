/**
 * sentences.json has every sentence of the four documents, each with the tests that show it;
 * README.md is made from it. Here a test file can only have tests that the rows of its document
 * name, and fails if one of those did not pass.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const documents = JSON.parse(readFileSync(new URL('sentences.json', import.meta.url), 'utf8'));

/** `shows(title, work)` is a test of the document; `complete()` comes last. */
export function testsOf(number) {
  const { parts } = documents.find((document) => document.number === number);
  const sentences = parts.flatMap(({ sentences }) => sentences);
  const missing = new Set(sentences.flatMap(({ shown = [] }) => shown));
  return {
    shows(title, work) {
      if (!missing.has(title)) throw new Error(`no row of document ${number} names the test "${title}"`);
      test(title, async () => {
        await work();
        missing.delete(title);
      });
    },
    complete() {
      test(`every test that the rows of document ${number} name has passed`, () => {
        assert.deepEqual([...missing], []);
      });
    },
  };
}
