/** Runs the checks on a store: for a report, or as tests of any runner. */

import type { MaybePromise } from '../api/store.js';
import { TimeoutError } from '../runtime/deadline.js';
import { BrokenPromise } from './broken-promise.js';
import { type Check, Context } from './check.js';
import { REFUSALS, SWEEPING } from './checks/beyond.js';
import { COMMIT_CHECKS } from './checks/commits.js';
import { EXPIRY_CHECKS } from './checks/expiry.js';
import { FAULT_CHECKS } from './checks/faults.js';
import { LIST_CHECKS } from './checks/lists.js';
import { RACE_CHECKS } from './checks/races.js';
import { READ_CHECKS } from './checks/reads.js';
import { VALUE_CHECKS } from './checks/values.js';
import type { PromiseId } from './promises.js';
import { Random } from './random.js';
import { type BrokenReport, describeBroken, type StoreReport } from './report.js';
import type { StoreUnderTest } from './store-under-test.js';

const CHECKS: readonly Check[] = [
  ...VALUE_CHECKS,
  ...LIST_CHECKS,
  ...COMMIT_CHECKS,
  ...EXPIRY_CHECKS,
  ...READ_CHECKS,
  ...RACE_CHECKS,
  ...FAULT_CHECKS,
];

const BEYOND = { refusals: REFUSALS, sweeping: SWEEPING };

/** Returns an empty store, for one check. */
export type OpenStore = () => MaybePromise<StoreUnderTest>;

export interface StoreCheckOptions {
  /** The seed of the random calls; the report names it. Default: a random one for each run. */
  seed?: number;
  /** How many rounds the races have, as a factor. Default 1: some seconds on a local server. */
  effort?: number;
  /** The longest time that one call of the store may take, in milliseconds. Default 5,000. */
  limit?: number;
  /** What is checked beyond the contract, as the stores that ship with Leastkey pass it. */
  also?: readonly ('refusals' | 'sweeping')[];
  /** Called before each check with its title. */
  onCheck?: (title: string, done: number, of: number) => void;
}

/** A `test` of a runner: of node:test, Vitest, Bun or Deno. */
export type TestFunction = (title: string, run: () => Promise<void>) => unknown;

/**
 * Checks a store, and reports which promises it keeps. Nothing is thrown for a store that breaks
 * them.
 *
 * @example
 * const report = await checkStore(() => ({ store: myStore(emptyDatabase()) }));
 * console.log(formatReport(report));
 * process.exitCode = report.ok ? 0 : 1;
 */
export async function checkStore(open: OpenStore, options: StoreCheckOptions = {}): Promise<StoreReport> {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const checks = checksOf(options);
  const report: StoreReport = { ok: true, seed, passed: [], broken: [], skipped: [] };
  for (const [done, check] of checks.entries()) {
    options.onCheck?.(check.title, done, checks.length);
    const end = await runCheck(check, open, seed, options);
    if (end === 'passed') report.passed.push(check.title);
    else if (end === 'skipped') report.skipped.push({ title: check.title, needs: check.needs as string });
    else report.broken.push(end);
  }
  report.ok = report.broken.length === 0;
  return report;
}

/**
 * The checks as tests of a runner. What the store under test cannot be put to (`kill`, `link`) is
 * not among them, so `has` names what it has.
 *
 * @example
 * import { test } from 'node:test';
 * storeTests('my store', () => ({ store: myStore(emptyDatabase()) }), { test });
 */
export function storeTests(
  name: string,
  open: OpenStore,
  {
    test,
    has = [],
    ...options
  }: StoreCheckOptions & { test: TestFunction; has?: readonly ('kill' | 'link')[] },
): void {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  for (const check of checksOf(options)) {
    if (check.needs !== undefined && !has.includes(check.needs)) continue;
    test(`${name}: ${check.title}`, async () => {
      const end = await runCheck(check, open, seed, options);
      if (end === 'skipped') throw new Error(`the store under test has no "${check.needs}"`);
      if (end !== 'passed') throw new Error(`${describeBroken(end)}\nseed ${seed}`, { cause: end.failure });
    });
  }
}

function checksOf({ also = [] }: StoreCheckOptions): Check[] {
  return [...CHECKS, ...also.map((name) => BEYOND[name])];
}

async function runCheck(
  check: Check,
  open: OpenStore,
  seed: number,
  { effort = 1, limit = 5_000 }: StoreCheckOptions,
): Promise<'passed' | 'skipped' | BrokenReport> {
  const opened = await open();
  try {
    if (check.needs !== undefined && opened[check.needs] === undefined) return 'skipped';
    const context = new Context(opened, new Random(seed), effort, limit);
    try {
      const [found] = await context.store.list({ prefix: '', limit: 1 });
      if (found !== undefined) throw new NotEmptyError();
      await check.run(context);
      return 'passed';
    } catch (failure) {
      if (failure instanceof NotEmptyError) throw failure;
      return brokenBy(check, failure, context);
    }
  } finally {
    await opened.close?.();
  }
}

class NotEmptyError extends Error {
  override readonly message = 'the store under test is not empty: give each check an empty one';
}

/** A failure as the promise that it breaks, without a driver's message: it may hold a password. */
function brokenBy(check: Check, failure: unknown, context: Context): BrokenReport {
  const { promise, message, history } =
    failure instanceof BrokenPromise ? failure : thrown(check.throwing ?? 'calls', failure, context);
  return { title: check.title, promise, message, history, failure };
}

function thrown(promise: PromiseId, failure: unknown, context: Context) {
  const history = context.last(1);
  const call = history[0]?.kind ?? 'a call';
  if (failure instanceof TimeoutError)
    return {
      promise: 'time' as const,
      message: `${call} did not answer within ${context.history.limit} ms`,
      history,
    };
  const { name = 'a value', code } = (failure ?? {}) as { name?: string; code?: unknown };
  return {
    promise,
    message: `${call} threw ${name}${typeof code === 'string' ? ` (${code})` : ''}`,
    history,
  };
}
