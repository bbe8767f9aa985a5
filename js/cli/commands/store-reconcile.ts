import { Command } from 'commander';
import type { AuditEntry } from '../../index.js';
import { endAgain, findLostEndings, type LostEnding } from '../../manage/reconcile.js';
import { Declined, exits, UsageError } from '../exit-codes.js';
import { withTokens } from '../open-deployment.js';
import { complain, print, printJson } from '../output.js';
import { canAsk, confirm } from '../prompt.js';
import { parseJson, readText } from '../read-file.js';
import { addIrreversibleOptions, type IrreversibleOptions } from '../run-irreversible.js';
import { line } from '../safe-text.js';
import { required, targetOf } from '../target.js';

interface Options extends IrreversibleOptions {
  audit?: string[];
}

export const storeReconcile = addIrreversibleOptions(
  new Command('reconcile')
    .summary('end again what a restored backup brought back')
    .description(
      'A restored backup undoes every ending since it was made, and the store cannot know. This reads exports of the audit ' +
        'trail that were kept elsewhere (leastkey audit --export), finds the entries that the store has lost, and revokes, ' +
        'deletes and disables again what they ended. Other lost changes, such as an edit or a rotation, are listed: they may have taken power away.',
    )
    .option('--audit <file...>', 'exports of the audit trail, JSON Lines; - for standard input (required)'),
)
  .addHelpText('after', '\nExample:\n  leastkey store reconcile --audit audit.jsonl --dry-run')
  .action(async ({ audit, yes = false, dryRun = false }: Options, command: Command) => {
    const [first, ...more] = audit ?? [];
    const files = [required(first, 'which exports? Give --audit <file>'), ...more];
    if (!yes && !dryRun && !canAsk()) {
      throw new UsageError(
        'what is ended cannot be undone, and there is no terminal to confirm it on; add --yes to confirm, or --dry-run',
      );
    }
    const lines = (await Promise.all(files.map(readEntries))).flat();
    const target = targetOf(command);
    await withTokens(target, {}, async (tokens, actor) => {
      const { lost, endings, changes } = await findLostEndings(tokens, lines, actor);
      const ended = { done: 0, gone: 0 };
      if (!dryRun && endings.length > 0) {
        if (!yes) {
          for (const each of endings) complain(line`  ${describe(each)}`);
          if (!(await confirm(`Yes, end these ${endings.length} again?`)))
            throw new Declined('nothing was changed');
        }
        for (const each of endings) ended[(await endAgain(tokens, each, actor)) ? 'done' : 'gone'] += 1;
      }
      if (changes.length > 0) process.exitCode = exits.refused;
      if (target.json) return printJson({ dryRun, lost, endings, ended, changes });
      print(
        line`${lost} entries of the exports are not in the store; they ended ${endings.length} tokens and accounts.`,
      );
      if (dryRun) for (const each of endings) print(line`  would be ${describe(each)}`);
      else
        print(
          line`${ended.done} were ended again, ${ended.gone} were made after the backup and do not exist.`,
        );
      if (changes.length > 0) {
        print(
          line`\n${changes.length} other changes were lost. Look at them: they may have taken power away.`,
        );
        for (const each of changes) print(line`  ${describeChange(each)}`);
      }
    });
  });

async function readEntries(file: string): Promise<string[]> {
  const lines = (await readText(file)).split('\n');
  return lines.flatMap((text, at) => {
    if (text.trim() === '') return [];
    const entry = parseJson(text, file, { firstLine: at + 1 }) as Partial<AuditEntry> | null;
    const isEntry =
      typeof entry?.owner === 'string' &&
      typeof entry.operation === 'string' &&
      (typeof entry.token === 'string' || typeof entry.account === 'string') &&
      [entry.before, entry.after].every((members) => typeof members === 'object' && members !== null);
    if (!isEntry)
      throw new UsageError(
        `${file}, line ${at + 1}: expected an entry as "leastkey audit --export" prints it`,
      );
    return [text];
  });
}

const describe = ({ token, account, ending, reason }: LostEnding): string =>
  `${ending}: ${token ?? account}${reason === undefined ? '' : ` (${reason})`}`;

const describeChange = ({ token, account, operation, actor, at, after }: AuditEntry): string =>
  `${operation} of ${token ?? account} by ${actor}, ${new Date(at).toISOString()}: ${Object.keys(after).join(', ')}`;
