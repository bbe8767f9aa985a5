import type { AuditPage } from './audit.js';

/** The entries of all pages as JSON Lines. `ask` answers one page, oldest first. */
export async function* exportLines(
  after: number | undefined,
  ask: (after: number | undefined) => Promise<AuditPage>,
): AsyncGenerator<string, void, undefined> {
  let next = after;
  do {
    const page = await ask(next);
    for (const entry of page.items) yield `${JSON.stringify(entry)}\n`;
    next = page.next;
  } while (next !== undefined);
}
