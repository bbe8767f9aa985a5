import { existsSync } from 'node:fs';
import type { Catalog } from '../api/catalog.js';
import type { Store } from '../api/store.js';
import type { Actor } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { TokensOptions } from '../api/tokens-options.js';
import { withLines } from './catalog-lines.js';
import { UsageError } from './exit-codes.js';
import { type Operations, operationsOf } from './operations.js';
import { complain } from './output.js';
import { NOBODYS, prefixOf, WHICH_PREFIX } from './prefix.js';
import { type CatalogSource, readCatalog } from './read-catalog.js';
import { readRecordKey } from './record-key.js';
import { redactStrictly } from './redact-credentials.js';
import { line } from './safe-text.js';
import { required, type Target } from './target.js';

/** What a command needs of its deployment. */
export interface Needs {
  /** Whether it creates a SQLite file that is not there. */
  makesDatabase?: boolean;
  /** Whether it needs the prefix even of a store that was never used. */
  needsPrefix?: boolean;
  /** Whether it resolves or decides by the catalog. */
  needsCatalog?: boolean;
}

/**
 * The actor of the command. Anyone who can write the store has full power over it, so the default
 * actor has too. With an actor or a role in the options, it is exactly that.
 */
export function actorOf({ as, asRole }: Target): Actor {
  if (as === undefined && asRole === undefined) return { id: 'cli', roles: { '': 'admin' } };
  return { id: as ?? 'cli', roles: Object.fromEntries(asRole ?? []) };
}

/** The operations of a deployment, over HTTP or on its store, which is always closed. */
export async function withOperations<T>(
  target: Target,
  needs: Needs,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  if (target.url === undefined) {
    return withTokens(target, needs, (tokens, actor) => work(operationsOf(tokens, actor)));
  }
  const { clientOf } = await import('./remote.js');
  return work(await clientOf(target));
}

/** Opens a deployment on its store, does the work, and always closes the store. */
export async function withTokens<T>(
  target: Target,
  needs: Needs,
  work: (tokens: Tokens, actor: Actor) => Promise<T>,
): Promise<T> {
  if (target.url !== undefined) {
    throw new UsageError('the HTTP API has no route for this; give --store or --db instead of --url');
  }
  const source = await catalogOf(target, needs);
  const recordKey = await readRecordKey(target.recordKeyFile);
  const { imported } = target;
  const { store, close } = await openTarget(target, needs);
  try {
    const { createTokens } = await import('../index.js');
    const options: TokensOptions = {
      catalog: source?.catalog ?? NO_CATALOG,
      store,
      prefix: await prefixOf(store, target.prefix, needs.needsPrefix ?? false),
      // A verification on the command line is no use of the token.
      usage: false,
      ...(recordKey !== undefined && { recordKey }),
      ...(imported !== undefined && { imported }),
    };
    const tokens = await withLines(source, () => createTokens(options));
    return await work(tokens, actorOf(target));
  } finally {
    await closed(close);
  }
}

/** The operations that need the catalog and no tokens: a store need not be there. */
export async function withCatalog<T>(
  target: Target,
  work: (operations: Pick<Operations, 'resolve' | 'suggest'>) => Promise<T>,
): Promise<T> {
  if (target.url !== undefined) return withOperations(target, {}, work);
  const source = await readCatalog(required(target.catalog, WHICH_CATALOG));
  return work(operationsOf(await validateCatalog(source), actorOf(target)));
}

/** Requires a valid catalog. Returns a deployment with it that has no tokens. */
export function validateCatalog(source: CatalogSource): Promise<Tokens> {
  return withLines(source, () => tokenless(source.catalog, NOBODYS));
}

/** A deployment with this prefix and no tokens, which finds its credentials. */
export const emptyDeployment = (prefix: string): Promise<Tokens> => tokenless(NO_CATALOG, prefix);

async function tokenless(catalog: Catalog, prefix: string): Promise<Tokens> {
  const { createTokens } = await import('../index.js');
  const { memoryStore } = await import('../stores/memory.js');
  return createTokens({ catalog, store: memoryStore(), prefix });
}

/**
 * For commands that neither resolve nor decide: any catalog is right, because records are frozen.
 */
const NO_CATALOG: Catalog = { services: { none: { title: 'None', permissions: { none: 'None' } } } };

export const WHICH_CATALOG = 'a catalog is required: give --catalog <file>, or set LEASTKEY_CATALOG';

async function catalogOf({ catalog }: Target, { needsCatalog }: Needs): Promise<CatalogSource | undefined> {
  if (!catalog && !needsCatalog) return undefined;
  return readCatalog(required(catalog, WHICH_CATALOG));
}

interface OpenTarget {
  store: Store;
  close(): void | Promise<void>;
}

async function openTarget(target: Target, { makesDatabase = false }: Needs): Promise<OpenTarget> {
  const { store: url, prefix } = target;
  if (url !== undefined && !/^sqlite:/i.test(url)) {
    const { openStore } = await import('../stores/open.js');
    const store = await openStore(url);
    return { store, close: () => store.close() };
  }
  const path = required(
    url?.replace(/^sqlite:(?:\/\/(?=\/))?/i, '') ?? target.db,
    'where are the tokens? Give --db <file>, --store <url> or --url <url>, or set LEASTKEY_DB, LEASTKEY_STORE or LEASTKEY_URL',
  );
  if (!existsSync(path)) {
    if (!makesDatabase)
      throw new UsageError(`there is no database at ${path}; "create" creates one with the first token`);
    required(prefix, WHICH_PREFIX);
  }
  const { sqliteStore } = await import('../stores/sqlite.js');
  const store = sqliteStore({ path });
  return { store, close: () => store.close() };
}

/**
 * Commits are on disk even if closing fails, so a failure does not change the exit code: a script
 * would repeat the command.
 */
async function closed(close: OpenTarget['close']): Promise<void> {
  try {
    await close();
  } catch (error) {
    const why = redactStrictly(error instanceof Error ? error.message : String(error));
    complain(line`leastkey: the database could not be closed (${why}); the command itself succeeded`);
  }
}
