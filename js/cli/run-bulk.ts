import type { BulkOptions, BulkReport } from '../api/sweep.js';
import type { Actor } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import { Declined, exits, UsageError } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import { withTokens } from './open-deployment.js';
import { complain, print, printJson, tell } from './output.js';
import { interruption, Progress } from './progress.js';
import { canAsk, confirm } from './prompt.js';
import type { IrreversibleOptions } from './run-irreversible.js';
import { join, type Legible, line } from './safe-text.js';
import type { Target } from './target.js';

interface Words {
  /** `revoke` */
  verb: string;
  /** `revoked` */
  done: string;
  /** Which tokens, after "all tokens ". */
  which: string;
}

/**
 * Runs an irreversible action on many tokens: asks, then does it page by page and shows the
 * progress.
 */
export async function bulk(
  { yes = false, dryRun = false }: IrreversibleOptions,
  target: Target,
  words: Words,
  act: (tokens: Tokens, actor: Actor, options: BulkOptions) => Promise<BulkReport>,
): Promise<void> {
  await agreeTo(yes || dryRun, words);
  const progress = new Progress();
  const onProgress: BulkOptions['onProgress'] = (report) => {
    const { changed, scanned } = report;
    progress.show(line`${changed} ${words.done}, ${scanned} looked at`, scanned);
  };
  const signal = interruption();
  const report = await withTokens(target, {}, (tokens, actor) =>
    act(tokens, actor, { dryRun, onProgress, signal }),
  )
    .finally(() => progress.end())
    .catch((error: unknown) => {
      const so = isLeastkeyError(error) ? (error.report as BulkReport | undefined) : undefined;
      if (so !== undefined && so.scanned > 0 && !target.json) tell(summary(so, dryRun, words));
      throw error;
    });
  if (!report.complete) process.exitCode = exits.interrupted;
  if (target.json) return printJson(dryRun ? { dryRun, ...report } : report);
  if (dryRun && report.ids.length > 0) print(join(report.ids, '\n'));
  tell(summary(report, dryRun, words));
}

/** Asks before something irreversible is done to many tokens. */
export async function agreeTo(asked: boolean, { verb, which }: Pick<Words, 'verb' | 'which'>): Promise<void> {
  if (asked) return;
  if (!canAsk()) {
    throw new UsageError(
      `${verb} cannot be undone, and there is no terminal to confirm it on; add --yes to confirm`,
    );
  }
  complain(line`This will ${verb} all tokens ${which}. It cannot be undone. --dry-run shows which.`);
  if (!(await confirm(`Yes, ${verb} them?`))) throw new Declined('nothing was changed');
}

function summary(report: BulkReport, dryRun: boolean, { verb, done }: Words): Legible {
  const { complete, ids, already, scanned, notAllowed, unreadable, next } = report;
  const lines = [
    dryRun
      ? line`Would ${verb} ${ids.length} of ${scanned} tokens. Nothing was changed.`
      : line`${ids.length} of ${scanned} tokens ${done}.`,
  ];
  if (already > 0) lines.push(line`${already} were ${done} before.`);
  if (notAllowed.length > 0) lines.push(line`Not allowed to ${verb}: ${notAllowed.join(' ')}`);
  if (unreadable.length > 0) lines.push(line`Records that cannot be read: ${unreadable.join(' ')}`);
  if (!complete) {
    const from = next === undefined ? '' : `, or add --after '${next}'`;
    lines.push(line`It was interrupted. The same command does the rest${from}.`);
  }
  return join(lines, '\n');
}
