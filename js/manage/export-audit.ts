import type { AuditPage } from '../api/audit.js';
import { LeastkeyError } from '../api/errors.js';
import { nextTurn } from '../runtime/deadline.js';

/**
 * The entries of all pages as JSON Lines. `ask` answers one page, oldest first. Damaged ones end it with an error, once everything
 * else is told: an export that lacks some must not look whole.
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
    if (next !== undefined) await nextTurn();
  } while (next !== undefined);
  if (damaged.length > 0) {
    throw new LeastkeyError(
      'store_unavailable',
      `entries of the audit trail that cannot be read, because they are damaged: ${damaged.join(', ')}`,
    );
  }
}
