import { Command } from 'commander';
import type { Tokens } from '../../api/tokens.js';
import { exits, UsageError } from '../exit-codes.js';
import { type FoundText, findInFile, findInStream, textFiles } from '../find-in-files.js';
import { emptyDeployment, withTokens } from '../open-deployment.js';
import { tell } from '../output.js';
import { printMany } from '../print-result.js';
import { interruption, Progress } from '../progress.js';
import { line } from '../safe-text.js';
import { table } from '../table.js';
import { type Target, targetOf } from '../target.js';

/** A credential in a file. The credential itself is never printed. */
interface Found {
  file: string;
  line: number;
  column: number;
  id: string;
  /** The code of its verification; `unchecked` without a store. */
  code: string;
  name?: string;
  owner?: string;
}

interface Options {
  hidden?: boolean;
}

export const scan = new Command('scan')
  .summary('find credentials of this deployment in files')
  .description(
    'Finds credentials of this deployment by their prefix and checksum, in files and folders or on standard input, and shows which of them are valid. ' +
      'It prints their place and the id of their token, never the credential. It exits 1 if it finds any.',
  )
  .argument('[path...]', 'files and folders; - for standard input (default: this folder)')
  .option('--hidden', 'also look into .git and node_modules')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey scan\n  git log -p | leastkey scan -\n  leastkey scan -q logs/ | leastkey revoke - --yes',
  )
  .action(async (paths: string[], { hidden = false }: Options, command: Command) => {
    const target = targetOf(command);
    const items = await withScanner(target, (tokens, hasStore) =>
      found(tokens, hasStore, paths.length === 0 ? ['.'] : paths, hidden),
    );
    printMany(target, items, { items }, () => table(items, COLUMNS, process.stdout));
    tell(items.length === 0 ? 'No credential was found.' : line`\n${items.length} found.`);
    if (items.length > 0) process.exitCode = exits.refused;
  });

const COLUMNS = [
  { title: 'TOKEN', text: ({ id }: Found) => id },
  { title: 'STATUS', text: ({ code }: Found) => code },
  { title: 'OWNER', text: ({ owner = '' }: Found) => owner, optional: true },
  { title: 'NAME', text: ({ name = '' }: Found) => name, optional: true },
  { title: 'PLACE', text: ({ file, line, column }: Found) => `${file}:${line}:${column}` },
];

/** Without a store, the prefix is enough to find credentials. */
function withScanner<T>(target: Target, work: (tokens: Tokens, hasStore: boolean) => Promise<T>): Promise<T> {
  const { db, store, url, prefix } = target;
  if (db !== undefined || store !== undefined) return withTokens(target, {}, (tokens) => work(tokens, true));
  if (prefix === undefined || url !== undefined) {
    throw new UsageError(
      'which credentials? Give --db or --store, or only --prefix to find them without their status',
    );
  }
  return emptyDeployment(prefix).then((tokens) => work(tokens, false));
}

async function found(
  tokens: Tokens,
  hasStore: boolean,
  paths: readonly string[],
  hidden: boolean,
): Promise<Found[]> {
  const pattern = tokens.pattern();
  const progress = new Progress();
  const signal = interruption();
  const items: Found[] = [];
  let files = 0;
  const add = async (texts: AsyncIterable<FoundText>, file: string) => {
    for await (const { text, line, column } of texts) {
      signal.throwIfAborted();
      const { code, token } = await tokens.verify(text, undefined, { use: false });
      if (code === 'bad_checksum' || code === 'malformed') continue;
      items.push({
        file,
        line,
        column,
        id: token?.id ?? idIn(text),
        code: hasStore ? code : 'unchecked',
        ...(token !== undefined && { name: token.name, owner: token.owner }),
      });
    }
  };
  try {
    for (const path of paths) {
      if (path === '-') {
        await add(findInStream(process.stdin, pattern), '-');
        continue;
      }
      for await (const file of textFiles(path, hidden)) {
        signal.throwIfAborted();
        await add(findInFile(file, pattern), file);
        files += 1;
        if (files % 100 === 0) progress.show(line`${files} files looked at`, files);
      }
    }
  } finally {
    progress.end();
  }
  return items;
}

/** The id of the token stands after the prefix and the version. */
const idIn = (credential: string) => credential.slice(credential.lastIndexOf('_') + 2).slice(0, 16);
