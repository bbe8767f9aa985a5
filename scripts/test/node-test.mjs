import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Failure } from '../shell/failure.mjs';
import { run } from '../shell/run.mjs';

/**
 * A test that hangs is stopped, and fails. A file of chaos has several stores, one after another.
 */
const LONGEST = 10 * 60_000 + 8_000 * Number(process.env.LEASTKEY_CHAOS_SECONDS ?? 0);

/**
 * The test files below a folder, without those of installed packages, sorted; with `filters`, those
 * whose path contains one of them.
 *
 * @param ending what their names end with
 */
export function testFiles(folder, filters, ending = /\.test\.m?js$/) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => ending.test(name) && !name.includes('node_modules'))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .sort()
    .map((name) => join(folder, name));
}

/** Runs files with node:test and returns their TAP report; a failure has it as its output. */
export async function runNodeTests(files, cwd) {
  if (files.length === 0) throw new Failure('There is no test file to run.');
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-report-'));
  const report = join(folder, 'report.tap');
  const reporters = [
    ['spec', 'stdout'],
    ['tap', report],
  ].flatMap(([name, destination]) => [
    `--test-reporter=${name}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const args = [
    '--enable-source-maps',
    '--test',
    `--test-timeout=${LONGEST}`,
    ...reporters,
    ...files.map((file) => relative(cwd, file)),
  ];
  try {
    await run(process.execPath, args, { cwd });
    return readFileSync(report, 'utf8');
  } catch (error) {
    // Node itself may have failed before it wrote anything.
    if (error instanceof Failure && existsSync(report)) error.output = readFileSync(report, 'utf8');
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
