import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TokensOptions } from '../api/tokens-options.js';
import { UsageError } from './exit-codes.js';
import { refusePassword } from './open-url.js';
import { pairs } from './option-values.js';

export type ImportedPrefix = NonNullable<TokensOptions['imported']>[number];

/**
 * The deployment and the actor of a command, and how it prints. Every command has these options.
 */
export interface Target {
  /** A SQLite file. */
  db?: string;
  /** The URL of a store. */
  store?: string;
  /** The URL of an HTTP API. */
  url?: string;
  tokenFile?: string;
  catalog?: string;
  prefix?: string;
  recordKeyFile?: string;
  imported?: ImportedPrefix[];
  as?: string;
  asRole?: [resource: string, role: string][];
  json?: boolean;
  fields?: string[];
  quiet?: boolean;
}

/** Where the tokens are. One is chosen. */
const PLACES = ['db', 'store', 'url'] as const;

export function addTargetOptions(program: Command): Command {
  const option = (flags: string, description: string) => new Option(flags, description);
  return program
    .addOption(option('--db <file>', 'a SQLite database').env('LEASTKEY_DB'))
    .addOption(
      option('--store <url>', 'a store: postgres://…, sqlite:…; its password belongs in the variable').env(
        'LEASTKEY_STORE',
      ),
    )
    .addOption(option('--url <url>', 'the HTTP API of a deployment: https://api.example').env('LEASTKEY_URL'))
    .addOption(
      option('--token-file <file>', 'the credential for --url, in a file of mode 600').env(
        'LEASTKEY_API_TOKEN_FILE',
      ),
    )
    .addOption(option('--catalog <file>', 'the catalog: .json, .yaml, .mjs or .ts').env('LEASTKEY_CATALOG'))
    .addOption(
      option('--prefix <text>', "the deployment's prefix (default: what the store says)").env(
        'LEASTKEY_PREFIX',
      ),
    )
    .addOption(
      option(
        '--record-key-file <file>',
        'the record key as hex digits; while keys are changed, the old one in a second line',
      ),
    )
    .addOption(
      option('--imported <prefix>', 'the prefix of imported keys: old_, or old_=rest; repeatable')
        .env('LEASTKEY_IMPORTED')
        .argParser(collectImported),
    )
    .addOption(option('--as <id>', 'the actor, such as user:7 (default: cli, an admin of everything)'))
    .addOption(
      option(
        '--as-role <resource=role>',
        'a role of the actor, such as org:acme=admin; repeatable',
      ).argParser(pairs('org:acme=admin')),
    )
    .addOption(option('--json', 'print JSON: the answer, and errors'))
    .addOption(
      option('--fields <names>', 'print these members only, with commas between: id,name').argParser(names),
    )
    .addOption(option('-q, --quiet', 'print the result or the id only').conflicts('json'));
}

export const actingHelp = `
Where the tokens are:
  One of --db, --store and --url. --url sends the credential in LEASTKEY_API_TOKEN or
  --token-file, and acts as its token. A record key is in LEASTKEY_RECORD_KEY or a file.

The actor:
  On a store, without --as and --as-role, the actor is "cli", an admin of everything:
  write access to the store allows that anyway. With either, the actor has only what
  they name: --as user:7 can manage the tokens of user:7, and give the permissions
  of --as-role user:7=user.`;

/** The options of {@link addTargetOptions} for a command: an option wins over a variable. */
export function targetOf(command: Command): Target {
  const root = rootOf(command);
  const target: Target = command.optsWithGlobals<Target>();
  const given = PLACES.filter((name) => target[name] !== undefined && target[name] !== '');
  const typed = given.filter((name) => root.getOptionValueSource(name) === 'cli');
  const chosen = typed.length > 0 ? typed : given;
  if (typed.includes('store')) refusePassword(target.store ?? '', 'LEASTKEY_STORE');
  if (chosen.length > 1) {
    const names = typed.length > 0 ? chosen.map((name) => `--${name}`) : chosen.map(variableOf);
    throw new UsageError(`${names.join(' and ')} name two places of tokens; give one`);
  }
  const others = Object.fromEntries(
    PLACES.filter((name) => !chosen.includes(name)).map((name) => [name, undefined]),
  );
  return { ...target, ...others };
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Whether an option says where the tokens are, and not only a variable. */
export const hasTypedPlace = (command: Command): boolean =>
  PLACES.some((name) => rootOf(command).getOptionValueSource(name) === 'cli');

const variableOf = (name: string) => `LEASTKEY_${name.toUpperCase()}`;

/** Separated by commas in the environment variable. */
function collectImported(text: string, before: ImportedPrefix[] = []): ImportedPrefix[] {
  const prefixes = text.split(',').map((part): ImportedPrefix => {
    const [, prefix = '', rest] = /^(.*?)(=rest|=whole)?$/.exec(part.trim()) ?? [];
    return { prefix, digestOf: rest === '=rest' ? 'rest' : 'whole' };
  });
  return [...before, ...prefixes];
}

function names(text: string): string[] {
  if (!/^\w+(\.\w+)*(,\w+(\.\w+)*)*$/.test(text)) {
    throw new InvalidArgumentError('Write names with commas between, such as id,name,expiresAt.');
  }
  return text.split(',');
}

/**
 * Requires a value. Commander's own check runs before that of unknown options, and would report a
 * mistyped option as missing.
 */
export function required(value: string | undefined, question: string): string {
  if (value === undefined || value === '') throw new UsageError(question);
  return value;
}
