/** Ends again what a restored backup brought back, by an export of the audit trail. */

import type { AuditEntry } from '../api/audit.js';
import { LeastkeyError } from '../api/errors.js';
import type { Actor } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';

/** How a token or an account ended, by the entries that the store has lost. */
export type Ending = 'disabled' | 'revoked' | 'deleted';

/** What is to be done with one token or account. */
export interface LostEnding {
  token?: string;
  account?: string;
  ending: Ending;
  reason?: string;
}

export interface Reconciliation {
  /** Entries of the export that the store does not have. */
  lost: number;
  /** The endings among them, one for each token and account. */
  endings: LostEnding[];
  /** Lost changes of tokens and accounts that did not end, for a person to look at. */
  changes: AuditEntry[];
}

/**
 * Compares exported audit entries with the trails of a store, and finds what they ended.
 *
 * @param exported the lines of one or several exports, in their order
 */
export async function findLostEndings(
  tokens: Tokens,
  exported: readonly string[],
  actor: Actor,
): Promise<Reconciliation> {
  const entries = exported.map((line) => JSON.parse(line) as AuditEntry);
  const known = new Set<string>();
  for (const owner of new Set(entries.map((entry) => entry.owner)))
    for await (const line of tokens.exportAudit({ owner }, actor)) known.add(canonical(JSON.parse(line)));
  const lost = entries.filter((entry) => !known.has(canonical(entry)));
  const endings = new Map<string, LostEnding | undefined>();
  const subjectOf = ({ token, account }: AuditEntry) =>
    token === undefined ? `account ${account}` : `token ${token}`;
  for (const entry of lost) {
    const ending = endingOf(entry);
    if (ending === undefined) continue;
    const { token, account, reason } = entry;
    const what = { ...(token === undefined ? { account: account as string } : { token }) };
    // Ended for good is never undone by a later entry.
    const before = endings.get(subjectOf(entry));
    if (before !== undefined && before.ending !== 'disabled' && ending !== 'deleted') continue;
    endings.set(
      subjectOf(entry),
      ending === 'active' ? undefined : { ...what, ending, ...(reason !== undefined && { reason }) },
    );
  }
  const ended = (entry: AuditEntry) =>
    ['revoked', 'deleted'].includes(endings.get(subjectOf(entry))?.ending ?? '');
  const created = new Set(lost.filter(({ before }) => isEmpty(before)).map(subjectOf));
  return {
    lost: lost.length,
    endings: [...endings.values()].filter((each) => each !== undefined),
    // What was made after the backup is gone as a whole.
    changes: lost.filter(
      (each) => !created.has(subjectOf(each)) && !ended(each) && endingOf(each) === undefined,
    ),
  };
}

/**
 * Ends one token or account again. `false`: the store does not have it, because it was made after
 * the backup.
 */
export async function endAgain(
  tokens: Tokens,
  { token, account, ending, reason }: LostEnding,
  actor: Actor,
): Promise<boolean> {
  try {
    if (token === undefined) {
      if (ending === 'deleted') await tokens.accounts.delete(account as string, actor);
      else await tokens.accounts.disable(account as string, actor);
    } else if (ending === 'deleted') await tokens.delete(token, actor);
    else if (ending === 'disabled') await tokens.disable(token, actor);
    else await tokens.revoke(token, reason === undefined ? {} : { reason }, actor);
    return true;
  } catch (error) {
    if (error instanceof LeastkeyError && error.code === 'not_found') return false;
    throw error;
  }
}

/** What an entry did to the status: `active` takes back an earlier `disabled`. */
function endingOf({ before, after }: AuditEntry): Ending | 'active' | undefined {
  if (isEmpty(after)) return isEmpty(before) ? undefined : 'deleted';
  const { status } = after;
  return status === 'revoked' || status === 'disabled' || status === 'active' ? status : undefined;
}

const isEmpty = (members: object): boolean => Object.keys(members).length === 0;

/** The same text for the same entry, whatever printed it. */
const canonical = (entry: AuditEntry): string => JSON.stringify(entry);
