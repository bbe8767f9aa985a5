/** The numbers of passed and failed tests, from the output of the runners. */

/**
 * From the output of `cargo test`, which has one such line for each test binary and for the
 * documentation tests.
 */
export function cargoCounts(output) {
  const results = output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of results) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counts;
}

/** From a TAP report of node:test, whose last lines are a summary. */
export function tapCounts(report) {
  const sum = (name) => Number(report.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
  return {
    passed: sum('pass'),
    failed: sum('fail') + sum('cancelled'),
    skipped: sum('skipped') + sum('todo'),
  };
}

/**
 * Counts a broken runner as failed: one that exited with an error without a failed case (it
 * crashed, or its tests did not compile), and one that succeeded without any case.
 */
export function honest(counts, endedWell) {
  const broken = endedWell ? counts.passed + counts.failed === 0 : counts.failed === 0;
  return broken ? { ...counts, failed: 1 } : counts;
}
