/** The tokens of a store that a new version of a catalog would touch. */

import type { Catalog } from '../api/catalog.js';
import type { Actor, TokenRecord } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { CatalogDiff } from './catalog-diff.js';
import { permissionsOf } from './catalog-entries.js';
import { interruption, Progress } from './progress.js';
import { line } from './safe-text.js';

/** A token whose power or kind the new catalog changes, or one of whose templates it changes. */
export interface TouchedToken {
  id: string;
  name: string;
  owner: string;
  /** Permissions that it could use, and no longer can. */
  loses: string[];
  /** Old ids that it holds by their successors. */
  renamed: string[];
  /** Its templates that are removed, or give other permissions. Its own grant stays. */
  templates: string[];
  /** Whether its kind is removed. */
  kindRemoved?: true;
}

export interface TouchedReport {
  /** How many tokens were read: all that are not revoked. */
  scanned: number;
  tokens: TouchedToken[];
  /** By template that changes: how many tokens were made from it. */
  templates: Record<string, number>;
  unreadable: string[];
}

/** How many tokens are read at once. */
const AT_ONCE = 32;

export async function touchedTokens(
  tokens: Tokens,
  actor: Actor,
  [before, after]: readonly [Catalog, Catalog],
  diff: CatalogDiff,
): Promise<TouchedReport> {
  const [usedBefore, usedAfter] = [usableBy(before), usableBy(after)];
  const templates = new Set([...diff.templates.removed, ...diff.templates.changed.map(({ id }) => id)]);
  const kinds = new Set(diff.kinds.removed.map(({ id }) => id));
  const report: TouchedReport = { scanned: 0, tokens: [], templates: {}, unreadable: [] };
  const look = (record: TokenRecord) => {
    const then = usedBefore(record.permissions);
    const now = usedAfter(record.permissions);
    const successorOf = (id: string) => diff.permissions.renamed.find(({ from }) => from.includes(id))?.to;
    const kept = (id: string) => now.has(id) || now.has(successorOf(id) ?? '');
    const loses = [...then].filter((id) => !kept(id));
    const renamed = [...then].filter((id) => !now.has(id) && kept(id));
    const changed = record.templates.map(({ id }) => id).filter((id) => templates.has(id));
    for (const id of changed) report.templates[id] = (report.templates[id] ?? 0) + 1;
    const kindRemoved = kinds.has(record.kind);
    if (loses.length + renamed.length + changed.length === 0 && !kindRemoved) return;
    const { id, name, owner } = record;
    report.tokens.push({
      id,
      name,
      owner,
      loses,
      renamed,
      templates: changed,
      ...(kindRemoved && { kindRemoved }),
    });
  };
  for await (const records of allTokens(tokens, actor, report)) records.forEach(look);
  return report;
}

/** What a grant can use by a catalog: its defined ids, and those of which it has all old ids. */
function usableBy(catalog: Catalog): (held: readonly string[]) => Set<string> {
  const entries = permissionsOf(catalog);
  const defined = new Set(entries.map(({ id }) => id));
  const renamed = entries.filter(({ was }) => was.length > 0);
  return (held) => {
    const has = new Set(held);
    const successors = renamed.filter(({ was }) => was.every((id) => has.has(id))).map(({ id }) => id);
    return new Set([...held.filter((id) => defined.has(id)), ...successors]);
  };
}

/** All tokens that are not revoked, page by page, by a dry run of the call that reads them. */
async function* allTokens(
  tokens: Tokens,
  actor: Actor,
  report: TouchedReport,
): AsyncGenerator<TokenRecord[]> {
  const progress = new Progress();
  const signal = interruption();
  try {
    const { ids, unreadable } = await tokens.revokeAll(
      { owner: '' },
      {
        dryRun: true,
        signal,
        onProgress: ({ scanned }) => progress.show(line`${scanned} tokens found`, scanned),
      },
      actor,
    );
    signal.throwIfAborted();
    report.unreadable.push(...unreadable);
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      signal.throwIfAborted();
      const page = ids.slice(at, at + AT_ONCE);
      const found = await Promise.all(page.map((id) => tokens.get(id, actor).catch(() => id)));
      report.unreadable.push(...found.filter((each) => typeof each === 'string'));
      report.scanned += page.length;
      progress.show(line`${report.scanned} of ${ids.length} tokens looked at`, report.scanned);
      yield found.filter((each) => typeof each !== 'string');
    }
  } finally {
    progress.end();
  }
}
