/** The totals of `npm test`: the counts of the runners, and a failure whenever a runner broke. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cargoCounts, honest, tapCounts } from '../../scripts/test/counts.mjs';

describe('cargo test', () => {
  const output = `
     Running unittests src/lib.rs (target/debug/deps/leastkey-1)
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running tests/rust/verify/verify.rs (target/debug/deps/verify-1)
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests leastkey
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
`;

  test('the binaries and the documentation tests add up', () => {
    assert.deepEqual(cargoCounts(output), { passed: 7, failed: 2, skipped: 1 });
  });

  test('the runner for WebAssembly has the same format', () => {
    const line = 'test result: ok. 6 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s';
    assert.deepEqual(cargoCounts(line), { passed: 6, failed: 0, skipped: 0 });
  });

  test('what a test prints in the middle of a line does not count', () => {
    assert.deepEqual(cargoCounts('say: test result: ok. 9 passed; 0 failed; 0 ignored'), {
      passed: 0,
      failed: 0,
      skipped: 0,
    });
  });
});

describe('node:test', () => {
  const report = (numbers) =>
    ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo']
      .map((name, index) => `# ${name} ${numbers[index]}`)
      .join('\n');

  test('cancelled counts as failed, todo as skipped', () => {
    assert.deepEqual(tapCounts(`TAP version 13\n${report([12, 3, 5, 2, 1, 3, 1])}\n# duration_ms 5.1`), {
      passed: 5,
      failed: 3,
      skipped: 4,
    });
  });

  test('a truncated report has no counts', () => {
    assert.deepEqual(tapCounts('TAP version 13\nok 1 - a'), { passed: 0, failed: 0, skipped: 0 });
  });
});

describe('a runner that broke counts as failed', () => {
  for (const [what, counts, endedWell, failed] of [
    ['ended well', { passed: 3, failed: 0 }, true, 0],
    ['some failed', { passed: 3, failed: 2 }, false, 2],
    ['crashed after some had passed', { passed: 3, failed: 0 }, false, 1],
    ['did not compile', { passed: 0, failed: 0 }, false, 1],
    ['ended well, but ran nothing', { passed: 0, failed: 0 }, true, 1],
    ['ended well, but reports failures', { passed: 1, failed: 1 }, true, 1],
  ]) {
    test(what, () => assert.equal(honest(counts, endedWell).failed, failed));
  }
});
