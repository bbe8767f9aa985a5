import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { caseNames } from '../suite.mjs';

/**
 * Runtimes that this machine cannot have, separated by commas: the only way to skip their tests.
 */
const leftOut = new Set((process.env.LEASTKEY_WITHOUT ?? '').split(',').filter((name) => name !== ''));

/** Why the tests of a runtime are skipped, or `false`. */
export const skipped = (runtime) => leftOut.has(runtime) && `LEASTKEY_WITHOUT names ${runtime}`;

/**
 * The suite in a runtime, every case a test. `run` returns the results of all cases, and is called
 * once.
 * @param {string} runtime as `LEASTKEY_WITHOUT` would name it
 */
export function suiteIn(runtime, title, run) {
  describe(title, () => {
    let running;
    for (const name of caseNames()) {
      test(name, { skip: skipped(runtime) }, async () => {
        running ??= run();
        const result = (await running).find((result) => result.name === name);
        assert.notEqual(result, undefined, 'the suite did not get to this case');
        assert.equal(result.error, undefined);
      });
    }
  });
}
