import type { AuditCheck, AuditHead, AuditPage, VerifyAuditOptions } from '../api/audit.js';
import { LeastkeyError } from '../api/errors.js';
import { readProgress, readSignal, refuseUnknownOptions } from '../input/options.js';
import { yieldToEventLoop } from '../runtime/deadline.js';

/**
 * The entries of all pages as JSON Lines. `ask` returns one page, oldest first. If entries are
 * damaged, it throws at the end: an incomplete export must not look complete.
 */
export async function* exportLines(
  after: number | undefined,
  ask: (after: number | undefined) => Promise<AuditPage>,
): AsyncGenerator<string, void, undefined> {
  const damaged: number[] = [];
  let next = after;
  do {
    const page = await ask(next);
    for (const entry of page.items) yield `${JSON.stringify(entry)}\n`;
    damaged.push(...(page.unreadable ?? []));
    next = page.next;
    if (next !== undefined) await yieldToEventLoop();
  } while (next !== undefined);
  if (damaged.length > 0) {
    throw new LeastkeyError('store_unavailable', `damaged entries of the audit trail: ${damaged.join(', ')}`);
  }
}

/** Checks page after page, up to the first entry that breaks the chain. `ask` checks one page. */
export async function verifyChain(
  { after, onProgress }: VerifyAuditOptions,
  ask: (after: AuditHead | undefined) => Promise<AuditCheck>,
): Promise<AuditCheck> {
  let checked = 0;
  for (let from = after; ; ) {
    const page = await ask(from);
    checked += page.checked;
    if (page.next === undefined || !page.intact) return { ...page, checked };
    onProgress?.(page.head === undefined ? { checked } : { checked, head: page.head });
    from = page.next;
    await yieldToEventLoop();
  }
}

const VERIFY_AUDIT_OPTIONS = [
  'after',
  'onProgress',
  'signal',
] as const satisfies (keyof VerifyAuditOptions)[];

/** Reads the options of `verifyAudit`. */
export function readVerifyAuditOptions(options: VerifyAuditOptions): VerifyAuditOptions {
  refuseUnknownOptions(options, VERIFY_AUDIT_OPTIONS, 'verifyAudit');
  readProgress(options.onProgress);
  readSignal(options.signal);
  return options;
}
