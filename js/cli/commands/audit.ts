import { Command, Option } from 'commander';
import type { AuditEntry, AuditQuery } from '../../api/audit.js';
import { showName } from '../../input/did-you-mean.js';
import { withOperations } from '../open-deployment.js';
import { positive, whole } from '../option-values.js';
import { printJsonLine, tell } from '../output.js';
import { printMany } from '../print-result.js';
import { line } from '../safe-text.js';
import { instant } from '../show-token.js';
import { type Column, table } from '../table.js';
import { required, targetOf } from '../target.js';

type Options = Omit<AuditQuery, 'order' | 'owner'> & { owner?: string; oldest?: boolean; export?: boolean };

export const audit = new Command('audit')
  .summary('list the changes of an owner, newest first')
  .description(
    'Lists the changes of one owner, newest first, one page at a time. With --export: all of them as JSON Lines, oldest ' +
      'first. Contains no secrets.',
  )
  .option('-o, --owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('--token <id>', 'only changes of this token')
  .option('--account <id>', 'only changes of this account')
  .option('--oldest', 'oldest first')
  .option('--limit <number>', 'at most this many on a page', positive)
  .option('--after <number>', 'the page after this entry; each page prints the number for the next', whole)
  .addOption(new Option('--export', 'everything, as JSON Lines').conflicts(['limit', 'oldest']))
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey audit --owner org:acme\n  leastkey audit --owner org:acme --export > audit.jsonl',
  )
  .action(async ({ oldest = false, export: everything = false, ...query }: Options, command: Command) => {
    const owner = required(query.owner, 'whose changes? Give --owner <resource>');
    const target = targetOf(command);
    await withOperations(target, {}, async (operations) => {
      if (everything) {
        const { limit: _, ...rest } = query;
        for await (const entry of operations.exportAudit({ ...rest, owner })) {
          if (!(await printJsonLine(JSON.parse(entry)))) break;
        }
        return;
      }
      const order = oldest ? 'oldest' : 'newest';
      const page = await operations.audit({ ...query, owner, order });
      printMany(target, page.items, page, () => table(page.items, columns, process.stdout));
      if (target.json) return;
      if (page.items.length === 0)
        tell(line`No changes of ${showName(owner)}${page.next === undefined ? '' : ' on this page'}.`);
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

/** The members that changed, with their new values, and the reason. */
function what({ before, after, reason }: AuditEntry): string {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  const created = Object.keys(before).length === 0;
  const shown = names
    .filter((name) => !created || TOLD.has(name))
    .map((name) => `${name}: ${value(after[name])}`);
  const text = shown.join('; ');
  return reason === undefined ? text : `${text}${text === '' ? '' : ' '}(${reason})`;
}

/** What identifies a new record; the rest is in --json. */
const TOLD: ReadonlySet<string> = new Set(['name', 'kind', 'role', 'templates', 'expiresAt', 'title']);

/** The longest value in a table. */
const MAX_VALUE = 60;

function value(member: unknown): string {
  if (member === undefined || member === null) return 'none';
  const text = typeof member === 'string' ? member : JSON.stringify(member);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
