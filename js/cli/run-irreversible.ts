import type { Command } from 'commander';
import type { TokenRecord } from '../api/token.js';
import { Declined, UsageError } from './exit-codes.js';
import { withOperations, withTokens } from './open-deployment.js';
import { type Operations, operationsOf } from './operations.js';
import { complain, print, printJson } from './output.js';
import { canAsk, confirm } from './prompt.js';
import { eachToken } from './run-many.js';
import { join, type Legible, line } from './safe-text.js';
import { describe, named } from './show-token.js';
import type { Target } from './target.js';
import { idsOf, isCredentialLine, namedTokens } from './token-ids.js';

export interface IrreversibleOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export function addIrreversibleOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'do not ask; required without a terminal')
    .option('--dry-run', 'show what would happen, and change nothing');
}

interface Words {
  /** `revoke` */
  verb: string;
  /** What follows, as a sentence. */
  consequence: string;
}

/** Runs an irreversible action on tokens: shows them, asks, then does it. */
export async function irreversible<T extends object>(
  words: readonly string[],
  { yes = false, dryRun = false }: IrreversibleOptions,
  target: Target,
  { verb, consequence }: Words,
  act: (operations: Operations, id: string) => Promise<T>,
  text: (result: T) => Legible,
): Promise<void> {
  if (!yes && !dryRun && !canAsk()) {
    throw new UsageError(
      `${verb} cannot be undone, and there is no terminal to confirm it on; add --yes to confirm`,
    );
  }
  await onTokens(words, target, async (operations, ids) => {
    if (!yes || dryRun) {
      const records = await readAll(operations, ids);
      if (dryRun) return showDryRun(records, target, verb);
      const shown = records.map((record) => describe(record, process.stderr));
      complain(line`${join(shown, '\n\n')}\n\n${consequence} This cannot be undone.`);
      const them = records.length === 1 ? 'it' : `these ${records.length} tokens`;
      if (!(await confirm(`Yes, ${verb} ${them}?`))) throw new Declined('nothing was changed');
    }
    await eachToken(ids, target, (id) => act(operations, id), text);
  });
}

/** Opens the deployment, and finds the ids behind the words of a command. */
export async function onTokens(
  words: readonly string[],
  target: Target,
  work: (operations: Operations, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const found = await namedTokens(words);
  if (!words.includes('-') || !found.some(isCredentialLine)) {
    return withOperations(target, {}, (operations) => work(operations, found));
  }
  if (target.url !== undefined) {
    throw new UsageError(
      'over --url, give ids: whether the secret of a credential is right can be checked on the store only; scan prints the ids',
    );
  }
  await withTokens(target, { needsPrefix: true }, async (tokens, actor) =>
    work(operationsOf(tokens, actor), await idsOf(found, tokens)),
  );
}

async function readAll(operations: Operations, ids: readonly string[]): Promise<TokenRecord[]> {
  const records: TokenRecord[] = [];
  for (const id of ids) records.push(await operations.get(id));
  return records;
}

function showDryRun(records: readonly TokenRecord[], target: Target, verb: string): void {
  const [only] = records;
  const single = records.length === 1 && only !== undefined;
  if (target.json) {
    printJson(single ? { dryRun: true, record: only } : { dryRun: true, items: records });
  } else if (single) {
    print(line`Would ${verb} this token. Nothing was changed.\n\n${describe(only, process.stdout)}`);
  } else {
    const all = records.map((record) => line`  ${named(record)}`);
    print(line`Would ${verb} these ${records.length} tokens. Nothing was changed.\n\n${join(all, '\n')}`);
  }
}
