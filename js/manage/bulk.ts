import { LeastkeyError } from '../api/errors.js';
import type { ImportKeysOptions } from '../api/import-keys.js';
import type { BulkOptions, BulkReport } from '../api/sweep.js';
import { invalidInput, readProgress, readSignal, refuseUnknownOptions } from '../input/options.js';
import { yieldToEventLoop } from '../runtime/deadline.js';

/** The answer of the core for one page. */
export interface BulkPage {
  ids: string[];
  already?: number;
  scanned: number;
  notAllowed?: string[];
  unreadable?: string[];
  next?: string;
}

/**
 * Runs page after page until there is no next. The `report` of an error says how far it came:
 * finished pages stay done, and the same call continues with the rest.
 */
export async function runPages(
  after: string | undefined,
  { onProgress, signal }: BulkOptions,
  ask: (after: string | undefined) => Promise<BulkPage>,
): Promise<BulkReport> {
  const report: BulkReport = {
    complete: false,
    ids: [],
    already: 0,
    scanned: 0,
    notAllowed: [],
    unreadable: [],
  };
  if (after !== undefined) report.next = after;
  const reported = new Set<string>();
  const news = (ids: readonly string[] = []) => ids.filter((id) => !reported.has(id) && reported.add(id));
  while (!report.complete && !signal?.aborted) {
    const page = await ask(report.next).catch((error: unknown) => {
      throw error instanceof LeastkeyError ? error.with(report) : error;
    });
    report.ids.push(...page.ids);
    report.already += page.already ?? 0;
    report.scanned += page.scanned;
    // A later pass may find the same ids again.
    report.notAllowed.push(...news(page.notAllowed));
    report.unreadable.push(...news(page.unreadable));
    report.complete = page.next === undefined;
    if (page.next === undefined) delete report.next;
    else report.next = page.next;
    onProgress?.({ ...structuredClone({ ...report, ids: page.ids }), changed: report.ids.length });
    if (!report.complete) await yieldToEventLoop();
  }
  return report;
}

const BULK_OPTIONS = ['dryRun', 'onProgress', 'signal'] as const satisfies (keyof BulkOptions)[];

/** Reads the options of a call over many tokens or rows. */
export function readBulkOptions<O extends BulkOptions | ImportKeysOptions>(
  options: O,
  of: string,
  more: readonly string[] = [],
): O {
  refuseUnknownOptions(options, [...BULK_OPTIONS, ...more], of);
  const { dryRun, onProgress, signal } = options;
  if (dryRun !== undefined && typeof dryRun !== 'boolean')
    throw invalidInput('dryRun', 'expected true or false');
  readProgress(onProgress);
  readSignal(signal);
  return options;
}
