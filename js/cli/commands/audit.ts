import { Command, InvalidArgumentError, Option } from 'commander';
import type { AuditEntry, AuditQuery } from '../../index.js';
import { showName } from '../../input/did-you-mean.js';
import { required, type Target, withTokens } from '../open-deployment.js';
import { print, printJson, printJsonLine, tell } from '../output.js';
import { line } from '../safe-text.js';
import { instant } from '../show-token.js';
import { type Column, table } from '../table.js';

type Options = Omit<AuditQuery, 'order' | 'owner'> & { owner?: string; oldest?: boolean; export?: boolean };

export const audit = new Command('audit')
  .summary('list the changes of an owner, newest first')
  .description(
    'Lists the changes of one owner, newest first, one page at a time. With --export: all of them as JSON Lines, oldest ' +
      'first. Contains no secrets.',
  )
  .option('--owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('--token <id>', 'only changes of this token')
  .option('--account <id>', 'only changes of this account')
  .option('--oldest', 'oldest first')
  .option('--limit <number>', 'at most this many on a page', whole)
  .option('--after <number>', 'the page after this entry; each page prints the number for the next', whole)
  .addOption(new Option('--export', 'everything, as JSON Lines').conflicts(['limit', 'oldest']))
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey audit --owner org:acme\n  leastkey audit --owner org:acme --export > audit.jsonl',
  )
  .action(async ({ oldest = false, export: everything = false, ...query }: Options, command: Command) => {
    const owner = required(query.owner, 'whose changes? Give --owner <resource>');
    const target = command.optsWithGlobals<Target>();
    await withTokens(target, {}, async (tokens, actor) => {
      if (everything) {
        const { limit: _, ...whole } = query;
        for await (const entry of tokens.exportAudit({ ...whole, owner }, actor)) {
          if (!(await printJsonLine(JSON.parse(entry)))) break;
        }
        return;
      }
      const order = oldest ? 'oldest' : 'newest';
      const page = await tokens.audit({ ...query, owner, order }, actor);
      if (target.json) return printJson(page);
      if (page.items.length > 0) print(table(page.items, columns, process.stdout));
      else tell(line`No changes of ${showName(owner)}${page.next === undefined ? '' : ' on this page'}.`);
      if (page.unreadable !== undefined) {
        tell(line`\nEntries that cannot be read: ${page.unreadable.join(' ')}`);
      }
      if (page.next !== undefined) tell(line`\nThere are more: add --after ${page.next}.`);
    });
  });

const columns: Column<AuditEntry>[] = [
  { title: 'NO.', text: ({ seq }) => String(seq) },
  { title: 'AT (UTC)', text: ({ at }) => instant(at) },
  { title: 'BY', text: ({ actor }) => actor },
  { title: 'OPERATION', text: ({ operation }) => operation },
  { title: 'OF', text: ({ token, account }) => token ?? account ?? '', optional: true },
  { title: 'WHAT', text: what },
];

/** The changed members, and the reason. */
function what({ before, after, reason }: AuditEntry): string {
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].join(', ');
  return reason === undefined ? members : `${members} (${reason})`;
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}
