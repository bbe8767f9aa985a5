import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Actor, type Catalog, createTokens, type Tokens, type TokensOptions } from '../index.js';
import { warnIfOpenToOthers } from '../stores/file-access.js';
import { UsageError } from './exit-codes.js';
import { tell } from './output.js';
import { prefixOf, WHICH_PREFIX } from './prefix.js';
import { parseJson, readFileText, readText } from './read-file.js';
import { redactStrictly } from './redact-credentials.js';
import { line } from './safe-text.js';

type ImportedPrefix = NonNullable<TokensOptions['imported']>[number];

/** The deployment and the actor of a command. Every command has these options. */
export interface Target {
  db?: string;
  catalog?: string;
  prefix?: string;
  recordKeyFile?: string;
  imported?: ImportedPrefix[];
  as?: string;
  role?: [resource: string, role: string][];
  json?: boolean;
}

export function addTargetOptions(program: Command): Command {
  return program
    .addOption(new Option('--db <file>', 'the SQLite database of the tokens').env('LEASTKEY_DB'))
    .addOption(new Option('--catalog <file>', 'the catalog, a JSON file').env('LEASTKEY_CATALOG'))
    .addOption(
      new Option('--prefix <text>', "the deployment's prefix (default: what the database says)").env(
        'LEASTKEY_PREFIX',
      ),
    )
    .addOption(
      new Option(
        '--record-key-file <file>',
        'the record key as hex digits; while keys are changed, the old one in a second line (or the environment variable LEASTKEY_RECORD_KEY)',
      ),
    )
    .addOption(
      new Option(
        '--imported <prefix>',
        'the prefix of imported keys, such as old_; old_=rest if only the part after it was hashed; repeatable',
      )
        .env('LEASTKEY_IMPORTED')
        .argParser(collectImported),
    )
    .option('--as <id>', 'the actor, such as user:7 (default: cli, an admin of everything)')
    .option('--role <resource=role>', 'a role of the actor, such as org:acme=admin; repeatable', collectRole)
    .option('--json', 'print JSON');
}

export const actingHelp = `
The actor:
  Without --as and --role the actor is "cli", an admin of everything: write access
  to the database file allows that anyway. With either, the actor has only what
  they name: --as user:7 can manage the tokens of user:7, and give the permissions
  of --role user:7=user.`;

function collectRole(text: string, before: Target['role'] = []): Target['role'] {
  const equals = text.lastIndexOf('=');
  if (equals < 0 || equals === text.length - 1) {
    throw new InvalidArgumentError('Write a resource and a role, such as org:acme=admin.');
  }
  return [...before, [text.slice(0, equals), text.slice(equals + 1)]];
}

/** Separated by commas in the environment variable. */
function collectImported(text: string, before: ImportedPrefix[] = []): ImportedPrefix[] {
  const prefixes = text.split(',').map((part): ImportedPrefix => {
    const [, prefix = '', rest] = /^(.*?)(=rest|=whole)?$/.exec(part.trim()) ?? [];
    return { prefix, digestOf: rest === '=rest' ? 'rest' : 'whole' };
  });
  return [...before, ...prefixes];
}

/**
 * The actor of the command. Anyone who can write the database file has full power over it, so the
 * default actor has too. With an actor or a role in the options, it is exactly that.
 */
export function actorOf({ as, role }: Target): Actor {
  if (as === undefined && role === undefined) return { id: 'cli', roles: { '': 'admin' } };
  return { id: as ?? 'cli', roles: Object.fromEntries(role ?? []) };
}

/** Opens the deployment, does the work, and always closes the database. */
export async function withTokens<T>(
  target: Target,
  { makesDatabase = false, needsPrefix = false },
  work: (tokens: Tokens, actor: Actor) => Promise<T>,
): Promise<T> {
  const path = required(target.db, 'a database is required: give --db <file>, or set LEASTKEY_DB');
  const catalog = await readCatalog(
    required(target.catalog, 'a catalog is required: give --catalog <file>, or set LEASTKEY_CATALOG'),
  );
  if (!existsSync(path)) {
    if (!makesDatabase)
      throw new UsageError(`there is no database at ${path}; "create" creates one with the first token`);
    required(target.prefix, WHICH_PREFIX);
  }
  const recordKey = await readRecordKey(target.recordKeyFile);
  const { imported } = target;
  const { sqliteStore } = await import('../stores/sqlite.js');
  const store = sqliteStore({ path });
  try {
    const tokens = await createTokens({
      catalog,
      store,
      prefix: prefixOf(store, target.prefix, needsPrefix),
      // A verification on the command line is no use of the token.
      usage: false,
      ...(recordKey !== undefined && { recordKey }),
      ...(imported !== undefined && { imported }),
    });
    return await work(tokens, actorOf(target));
  } finally {
    close(store);
  }
}

/**
 * Commits are on disk even if closing fails, so a failure does not change the exit code: a script
 * would repeat the command.
 */
function close(store: { close(): void }): void {
  try {
    store.close();
  } catch (error) {
    const why = redactStrictly(error instanceof Error ? error.message : String(error));
    tell(line`leastkey: the database could not be closed (${why}); the command itself succeeded`);
  }
}

/**
 * Requires a value. Commander's own check runs before that of unknown options, and would report a
 * mistyped option as missing.
 */
export function required(value: string | undefined, question: string): string {
  if (value === undefined || value === '') throw new UsageError(question);
  return value;
}

/**
 * One key, or the new one and the old one. Never an argument: every process of the machine can read
 * those.
 */
async function readRecordKey(path: string | undefined): Promise<TokensOptions['recordKey']> {
  if (path !== undefined) warnIfOpenToOthers([path], 'the record key');
  const text = path === undefined ? process.env.LEASTKEY_RECORD_KEY : await readText(path);
  if (text === undefined) return undefined;
  const [key, old, ...more] = text.split(/[\s,]+/).filter((word) => word !== '');
  if (more.length > 0) throw new UsageError('more than two record keys: give the new one and the old one');
  if (key !== undefined) return old === undefined ? key : [key, old];
  const place = path === undefined ? 'LEASTKEY_RECORD_KEY is empty' : `${path} has no record key in it`;
  throw new UsageError(`${place}: give the key, or omit it if nothing is sealed`);
}

/** Any content: createTokens validates it. */
async function readCatalog(path: string): Promise<Catalog> {
  return parseJson(await readFileText(path, 'the catalog'), `the catalog ${path}`) as Catalog;
}
