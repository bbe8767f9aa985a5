import type { ErrorCode } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import type { ImportKeysOptions, ImportReport, KeyRow, RowOutcome } from '../api/import-keys.js';
import type { TokenRecord } from '../api/token.js';
import { yieldToEventLoop } from '../runtime/deadline.js';

/** How many rows are imported concurrently. */
const AT_ONCE = 4;

/** Codes that are not the fault of a row: further rows would fail too. */
const FATAL: readonly ErrorCode[] = [
  'store_unavailable',
  'clock_unreliable',
  'deadline_exceeded',
  'outcome_unknown',
  'rng_failed',
  'internal',
];

/**
 * Imports rows, a few concurrently. A refused row is reported, and the others continue. If the
 * store or the machine fails, it stops with an error that has the report.
 */
export async function importRows(
  rows: Iterable<KeyRow> | AsyncIterable<KeyRow>,
  { onProgress, signal }: ImportKeysOptions,
  importRow: (row: KeyRow) => Promise<{ record: TokenRecord; imported: boolean }>,
): Promise<ImportReport> {
  const report: ImportReport = { complete: true, imported: 0, exists: 0, failed: 0, outcomes: [] };
  const underWay = new Set<Promise<void>>();
  let fatal: { error: unknown } | undefined;

  async function run(row: KeyRow, index: number): Promise<void> {
    try {
      const last = await outcomeOf(row, index, importRow);
      report[last.outcome] += 1;
      report.outcomes.push(last);
      const { imported, exists, failed } = report;
      onProgress?.({ imported, exists, failed, last });
    } catch (error) {
      fatal ??= { error };
    }
  }

  let index = 0;
  try {
    for await (const row of rows) {
      report.complete = fatal === undefined && !signal?.aborted;
      if (!report.complete) break;
      const running = run(row, index++).finally(() => underWay.delete(running));
      underWay.add(running);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
      await yieldToEventLoop();
    }
  } finally {
    await Promise.all(underWay);
  }
  report.outcomes.sort((one, other) => one.row - other.row);
  if (fatal === undefined) return report;
  const { error } = fatal;
  throw error instanceof LeastkeyError ? error.with({ ...report, complete: false }) : error;
}

async function outcomeOf(
  row: KeyRow,
  index: number,
  importRow: (row: KeyRow) => Promise<{ record: TokenRecord; imported: boolean }>,
): Promise<RowOutcome> {
  try {
    const { record, imported } = await importRow(row);
    return { row: index, outcome: imported ? 'imported' : 'exists', id: record.id };
  } catch (error) {
    if (!(error instanceof LeastkeyError) || FATAL.includes(error.code)) throw error;
    const { code, message, problems = [] } = error;
    return { row: index, outcome: 'failed', code, message, problems };
  }
}
