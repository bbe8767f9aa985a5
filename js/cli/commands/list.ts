import { Command, InvalidArgumentError, Option } from 'commander';
import type { Actor, ListQuery, TokenPage, TokenRecord, Tokens } from '../../index.js';
import { showName } from '../../input/did-you-mean.js';
import { required, type Target, withTokens } from '../open-deployment.js';
import { print, printJson, tell } from '../output.js';
import { line } from '../safe-text.js';
import { grantSummary, instant, paintStatus, statusOf } from '../show-token.js';
import { type Column, table } from '../table.js';

type Options = ListQuery & { all?: boolean };

export const list = new Command('list')
  .summary('list the tokens of an owner, newest first')
  .description(
    'Lists the tokens of one owner, newest first, one page at a time. Shows no credentials: none are stored.',
  )
  .option('--owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('--kind <kind>', 'only this kind')
  .addOption(new Option('--status <status>', 'only this status').choices(['active', 'disabled', 'revoked']))
  .option('--tag <tag>', 'only tokens with this tag')
  .option('--subject <id>', 'only tokens that act as this subject')
  .option('--search <text>', 'only tokens with this text in their name or description')
  .option('--limit <number>', 'at most this many on a page', count)
  .option('--after <cursor>', 'the page after this cursor; each page prints the cursor of the next')
  .addOption(new Option('--all', 'every page').conflicts('after'))
  .addHelpText('after', '\nExample:\n  leastkey list --owner org:acme --status active')
  .action(async ({ all = false, ...query }: Options, command: Command) => {
    const owner = required(query.owner, 'whose tokens? Give --owner <resource>');
    const target = command.optsWithGlobals<Target>();
    const page = await withTokens(target, {}, (tokens, actor) =>
      all ? pagesOf(tokens, query, actor) : tokens.list(query, actor),
    );
    if (target.json) return printJson(page);

    const { items, next, unreadable = [] } = page;
    if (items.length === 0)
      tell(line`No tokens of ${showName(owner)}${next === undefined ? '' : ' on this page'}.`);
    else print(table(items, columns(Date.now()), process.stdout));
    if (unreadable.length > 0) tell(line`\nRecords that cannot be read: ${unreadable.join(' ')}`);
    if (next !== undefined) tell(line`\nThere are more: add --after ${next}, or --all.`);
  });

async function pagesOf(tokens: Tokens, query: ListQuery, actor: Actor): Promise<TokenPage> {
  let page = await tokens.list(query, actor);
  const items = [...page.items];
  const unreadable = [...(page.unreadable ?? [])];
  while (page.next !== undefined) {
    page = await tokens.list({ ...query, after: page.next }, actor);
    items.push(...page.items);
    unreadable.push(...(page.unreadable ?? []));
  }
  return unreadable.length === 0 ? { items } : { items, unreadable };
}

function columns(now: number): Column<TokenRecord>[] {
  return [
    { title: 'ID', text: ({ id }) => id },
    {
      title: 'STATUS',
      text: (record) => statusOf(record, now),
      style: (text) => paintStatus(process.stdout, text),
    },
    { title: 'CREATED (UTC)', text: ({ createdAt }) => instant(createdAt), optional: true },
    {
      title: 'EXPIRES (UTC)',
      text: ({ expiresAt }) => (expiresAt === undefined ? 'never' : instant(expiresAt)),
    },
    { title: 'SCOPE', text: grantSummary, optional: true },
    { title: 'NAME', text: ({ name }) => name },
  ];
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number, 1 or more.');
  return Number(text);
}
