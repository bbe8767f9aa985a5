import type { Command } from 'commander';
import type { Actor, Tokens } from '../index.js';
import { Declined, UsageError } from './exit-codes.js';
import { type Target, withTokens } from './open-deployment.js';
import { print, printJson, tell } from './output.js';
import { canAsk, confirm } from './prompt.js';
import { line } from './safe-text.js';
import { describe } from './show-token.js';

export interface IrreversibleOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export function addIrreversibleOptions(command: Command): Command {
  return command
    .option('--yes', 'do not ask; required without a terminal')
    .option('--dry-run', 'show what would happen, and change nothing');
}

/** Runs an irreversible action: shows it, asks, then does it. `undefined`: a dry run. */
export async function irreversible<T>(
  id: string,
  { yes = false, dryRun = false }: IrreversibleOptions,
  target: Target,
  words: { verb: string; consequence: string },
  act: (tokens: Tokens, actor: Actor) => Promise<T>,
): Promise<T | undefined> {
  if (!yes && !dryRun && !canAsk()) {
    throw new UsageError(
      `${words.verb} cannot be undone, and there is no terminal to confirm it on; add --yes to confirm`,
    );
  }
  return withTokens(target, {}, async (tokens, actor) => {
    if (yes && !dryRun) return act(tokens, actor);

    const record = await tokens.get(id, actor);
    if (dryRun) {
      if (target.json) printJson({ dryRun: true, record });
      else
        print(
          line`Would ${words.verb} this token. Nothing was changed.\n\n${describe(record, process.stdout)}`,
        );
      return undefined;
    }
    tell(line`${describe(record, process.stderr)}\n\n${words.consequence} This cannot be undone.`);
    if (!(await confirm(`Yes, ${words.verb} it?`))) throw new Declined('nothing was changed');
    return act(tokens, actor);
  });
}
