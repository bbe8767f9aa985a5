import type { AuditCheck, AuditHead, VerifyAuditOptions } from '../api/audit.js';
import { nextTurn } from '../runtime/deadline.js';

/** Checks page after page, up to the first entry that is not in order. `ask` checks one. */
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
    await nextTurn();
  }
}
