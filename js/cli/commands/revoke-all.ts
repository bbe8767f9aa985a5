import { Command } from 'commander';
import type { Job } from '../../api/jobs.js';
import type { BulkReport, RevokeAllQuery } from '../../api/sweep.js';
import { showName } from '../../input/did-you-mean.js';
import { UsageError } from '../exit-codes.js';
import { print, printJson, tell } from '../output.js';
import { interruption, Progress } from '../progress.js';
import { agreeTo, bulk } from '../run-bulk.js';
import { addIrreversibleOptions, type IrreversibleOptions } from '../run-irreversible.js';
import { join, type Legible, line } from '../safe-text.js';
import { type Target, targetOf } from '../target.js';

interface Options extends IrreversibleOptions, RevokeAllQuery {
  reason?: string;
  everything?: boolean;
}

export const revokeAll = addIrreversibleOptions(
  new Command('revoke-all')
    .summary('permanently revoke all tokens of an owner, a subject or a tag')
    .description(
      'Permanently revokes many tokens: of an owner and everything below it, of a subject, or with a tag; with ' +
        'several of these, tokens that match all of them. After an interruption the same command does the rest.',
    )
    .option('-o, --owner <resource>', 'of this owner and below it, such as org:acme')
    .option('--subject <id>', 'tokens that act as this subject')
    .option('--tag <tag>', 'tokens with this tag')
    .option('--everything', 'all tokens')
    .option('--reason <text>', 'the reason, for the records')
    .option('--after <cursor>', 'continue where an interrupted command stopped'),
)
  .addHelpText(
    'after',
    '\nExample:\n  leastkey revoke-all --owner org:acme --tag ci --reason "runner leaked" --dry-run',
  )
  .action(async ({ reason, everything, yes, dryRun, ...query }: Options, command: Command) => {
    const { owner, subject, tag } = query;
    if (owner === undefined && subject === undefined && tag === undefined && everything !== true) {
      throw new UsageError(
        'which tokens? Give --owner, --subject or --tag; --everything means all there are',
      );
    }
    const which = [
      owner === undefined ? 'all tokens' : `of ${showName(owner)} and below it`,
      ...(subject === undefined ? [] : [`that act as ${showName(subject)}`]),
      ...(tag === undefined ? [] : [`with the tag ${showName(tag)}`]),
    ].join(', ');
    const words = { verb: 'revoke', done: 'revoked', which };
    const why = reason === undefined ? {} : { reason };
    const target = targetOf(command);
    const asked = everything ? { owner: '', ...query } : query;
    if (target.url !== undefined)
      return overHttp(target, { ...(yes && { yes }), ...(dryRun && { dryRun }) }, asked, reason, which);
    await bulk({ ...(yes && { yes }), ...(dryRun && { dryRun }) }, target, words, (tokens, actor, options) =>
      tokens.revokeAll(asked, { ...options, ...why }, actor),
    );
  });

/** The server runs the job, and continues it after Ctrl-C. */
async function overHttp(
  target: Target,
  { yes = false, dryRun = false }: IrreversibleOptions,
  query: RevokeAllQuery,
  reason: string | undefined,
  which: string,
): Promise<void> {
  if (query.after !== undefined)
    throw new UsageError('--after is of a store; over --url a job continues by itself');
  const { clientOf, rehearsals } = await import('../remote.js');
  const client = await clientOf(target);
  if (dryRun) {
    const report = await rehearsal(rehearsals(client, query, interruption()));
    if (target.json) return printJson({ dryRun, ...report });
    if (report.ids.length > 0) print(join(report.ids, '\n'));
    return tell(line`Would revoke ${report.ids.length} of ${report.scanned} tokens. Nothing was changed.`);
  }
  await agreeTo(yes, { verb: 'revoke', which });
  const progress = new Progress();
  const onProgress = (job: Job) =>
    progress.show(line`${job.revoked} revoked, ${job.scanned} looked at`, job.scanned);
  const signal = interruption();
  const job = await client
    .revokeAll(query, { ...(reason !== undefined && { reason }), onProgress, signal })
    .finally(() => progress.end());
  if (target.json) return printJson(job);
  tell(summaryOf(job));
}

/** One report of all pages. */
async function rehearsal(pages: AsyncIterable<BulkReport>): Promise<BulkReport> {
  const progress = new Progress();
  const all: BulkReport = {
    complete: false,
    ids: [],
    already: 0,
    scanned: 0,
    notAllowed: [],
    unreadable: [],
  };
  try {
    for await (const { complete, ids, already, scanned, notAllowed, unreadable } of pages) {
      all.complete = complete;
      all.ids.push(...ids);
      all.already += already;
      all.scanned += scanned;
      all.notAllowed.push(...notAllowed);
      all.unreadable.push(...unreadable);
      progress.show(line`${all.scanned} tokens looked at`, all.scanned);
    }
  } finally {
    progress.end();
  }
  return all;
}

function summaryOf({ revoked, scanned, already, notAllowed, unreadable }: Job): Legible {
  const lines = [line`${revoked} of ${scanned} tokens revoked.`];
  if (already > 0) lines.push(line`${already} were revoked before.`);
  if (notAllowed.length > 0) lines.push(line`Not allowed to revoke: ${notAllowed.join(' ')}`);
  if (unreadable.length > 0) lines.push(line`Records that cannot be read: ${unreadable.join(' ')}`);
  return join(lines, '\n');
}
