import { Command, Option } from 'commander';
import type { ListedToken, ListQuery, TokenPage } from '../../api/token.js';
import { showName } from '../../input/did-you-mean.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { positive } from '../option-values.js';
import { tell } from '../output.js';
import { printMany } from '../print-result.js';
import { interruption, Progress } from '../progress.js';
import { type Legible, line } from '../safe-text.js';
import { grantSummary, instant, paintStatus, statusOf } from '../show-token.js';
import { type Column, table } from '../table.js';
import { required, targetOf } from '../target.js';

type Options = Omit<ListQuery, 'status'> & { status?: Status; all?: boolean };

/** Of an active token, the store does not know whether it has expired. */
type Status = NonNullable<ListQuery['status']> | 'expired';

/** How many tokens a page has without --limit. */
const PAGE = 50;

export const list = new Command('list')
  .summary('list the tokens of an owner, newest first')
  .description(
    'Lists the tokens of one owner, newest first, one page at a time. Shows no credentials: none are stored.',
  )
  .option('-o, --owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('-k, --kind <kind>', 'only this kind')
  .addOption(
    new Option('-s, --status <status>', 'only this status').choices([
      'active',
      'expired',
      'disabled',
      'revoked',
    ]),
  )
  .option('--tag <tag>', 'only tokens with this tag')
  .option('--subject <id>', 'only tokens that act as this subject')
  .option('--parent <id>', 'only the living sessions of this token')
  .option('--search <text>', 'only tokens with this text in their name or description')
  .option('--limit <number>', 'at most this many on a page', positive)
  .option('--after <cursor>', 'the page after this cursor; each page prints the cursor of the next')
  .addOption(new Option('--all', 'every page').conflicts('after'))
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey list -o org:acme -s active\n  leastkey list -o org:acme --all --fields id,expiresAt',
  )
  .action(async ({ all = false, status, ...query }: Options, command: Command) => {
    const owner = required(query.owner, 'whose tokens? Give --owner <resource>');
    const target = targetOf(command);
    const page = await withOperations(target, {}, (operations) => found(operations, query, status, all));
    const { items, next, unreadable = [] } = page;
    printMany(target, items, page, () => table(items, columns(Date.now()), process.stdout));
    if (target.json) return;
    if (items.length === 0) tell(line`No tokens of ${showName(owner)}${which(query, status)}.`);
    if (unreadable.length > 0) tell(line`\nRecords that cannot be read: ${unreadable.join(' ')}`);
    if (next !== undefined) tell(line`\nThere are more: add --after ${next}, or --all.`);
  });

function which({ search, kind, tag, subject }: ListQuery, status: Status | undefined): Legible | string {
  const filters = [search, kind, tag, subject, status].filter((filter) => filter !== undefined);
  return filters.length === 0 ? '' : ' match';
}

/**
 * The tokens of one page, or all. A search reads only so much of the store at a time, so it goes on
 * until a page is full or there are no more.
 */
async function found(
  operations: Operations,
  query: ListQuery,
  status: Status | undefined,
  all: boolean,
): Promise<TokenPage> {
  const now = Date.now();
  const ofStatus = (record: ListedToken) => status === undefined || statusOf(record, now) === status;
  const stored = status === 'expired' ? 'active' : status;
  const most = all ? Number.POSITIVE_INFINITY : (query.limit ?? PAGE);
  const progress = new Progress();
  const signal = interruption();
  const items: ListedToken[] = [];
  const unreadable: string[] = [];
  let next: string | undefined;
  let { after } = query;
  let pages = 0;
  try {
    do {
      const rest = Math.min(most - items.length, 200);
      const limit = all ? (query.limit ?? 200) : rest;
      const page = await operations.list(
        {
          ...query,
          limit,
          ...(after !== undefined && { after }),
          ...(stored !== undefined && { status: stored }),
        },
        { signal },
      );
      items.push(...page.items.filter(ofStatus));
      unreadable.push(...(page.unreadable ?? []));
      next = page.next;
      after = next;
      pages += 1;
      if (pages > 1) progress.show(line`${items.length} tokens found, searching …`, items.length);
    } while (next !== undefined && items.length < most);
  } finally {
    progress.end();
  }
  return {
    items,
    ...(next !== undefined && { next }),
    ...(unreadable.length > 0 && { unreadable }),
  };
}

function columns(now: number): Column<ListedToken>[] {
  return [
    { title: 'ID', text: ({ id }) => id },
    {
      title: 'STATUS',
      text: (record) => statusOf(record, now),
      style: (text) => paintStatus(process.stdout, text),
    },
    { title: 'KIND', text: ({ kind }) => kind, optional: true },
    { title: 'CREATED (UTC)', text: ({ createdAt }) => instant(createdAt), optional: true },
    {
      title: 'EXPIRES (UTC)',
      text: ({ expiresAt }) => (expiresAt === undefined ? 'never' : instant(expiresAt)),
    },
    {
      title: 'LAST USED (UTC)',
      text: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : instant(lastUsedAt)),
      optional: true,
    },
    { title: 'SCOPE', text: grantSummary, optional: true },
    { title: 'NAME', text: ({ name }) => name },
  ];
}
