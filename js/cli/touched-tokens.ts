/** The tokens of a store that a new version of a catalog would touch. */

import type { Catalog } from '../api/catalog.js';
import type { BulkProgress, BulkReport } from '../api/sweep.js';
import type { Actor, TokenRecord } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { Client } from '../client/client-api.js';
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

/** Tokens of a deployment: the ids of those that are not revoked, by a dry run, and each record. */
export interface ReadableTokens {
  found(
    signal: AbortSignal,
    show: (scanned: number) => void,
  ): AsyncIterable<Pick<BulkReport, 'ids' | 'unreadable'>>;
  get(id: string): Promise<TokenRecord>;
}

/** Of this owner and of what is below it, by this actor. */
export const tokensOfStore = (tokens: Tokens, actor: Actor, owner: string): ReadableTokens => ({
  async *found(signal, show) {
    const onProgress = ({ scanned }: BulkProgress) => show(scanned);
    yield await tokens.revokeAll({ owner }, { dryRun: true, signal, onProgress }, actor);
    signal.throwIfAborted();
  },
  get: (id) => tokens.get(id, actor),
});

/** Of this owner and of what is below it, for the token of the client. */
export const tokensOfApi = (client: Client, owner: string): ReadableTokens => ({
  async *found(signal) {
    const { rehearsals } = await import('./remote.js');
    yield* rehearsals(client, { owner }, signal);
  },
  get: (id) => client.get(id),
});

export async function touchedTokens(
  tokens: ReadableTokens,
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
  for await (const records of allTokens(tokens, report)) records.forEach(look);
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

/** The records of all tokens that are not revoked, some at a time. */
async function* allTokens(tokens: ReadableTokens, report: TouchedReport): AsyncGenerator<TokenRecord[]> {
  const progress = new Progress();
  const signal = interruption();
  try {
    const show = (scanned: number) => progress.show(line`${scanned} tokens found`, scanned);
    for await (const { ids, unreadable } of tokens.found(signal, show)) {
      report.unreadable.push(...unreadable);
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        signal.throwIfAborted();
        const found = await Promise.all(
          ids.slice(at, at + AT_ONCE).map((id) => tokens.get(id).catch(() => id)),
        );
        report.unreadable.push(...found.filter((each) => typeof each === 'string'));
        report.scanned += found.length;
        progress.show(line`${report.scanned} tokens looked at`, report.scanned);
        yield found.filter((each) => typeof each !== 'string');
      }
    }
  } finally {
    progress.end();
  }
}
