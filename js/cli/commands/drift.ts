import { Command } from 'commander';
import type { DriftedToken, DriftReport } from '../../api/drift.js';
import { showName } from '../../input/did-you-mean.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { tell } from '../output.js';
import { printMany } from '../print-result.js';
import { interruption, Progress } from '../progress.js';
import { line } from '../safe-text.js';
import { table } from '../table.js';
import { required, targetOf } from '../target.js';

interface Options {
  owner?: string;
  template?: string;
}

export const drift = new Command('drift')
  .summary('list the tokens that templates of today would give other permissions')
  .description(
    'Lists the tokens of an owner whose permissions differ from what their selection comes to today. Permissions are frozen: it changes nothing.',
  )
  .option('-o, --owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('-t, --template <id>', 'only tokens that differ from this permission set')
  .addHelpText('after', '\nExample:\n  leastkey drift --owner org:acme')
  .action(async ({ owner, template }: Options, command: Command) => {
    const whose = required(owner, 'whose tokens? Give --owner <resource>');
    const target = targetOf(command);
    const report = await withOperations(target, { needsCatalog: true }, (operations) =>
      wholeReport(operations, whose, template),
    );
    const { items, scanned, unreadable = [] } = report;
    printMany(target, items, report, () => table(items, COLUMNS, process.stdout));
    if (target.json) return;
    if (unreadable.length > 0) tell(line`\nRecords that cannot be read: ${unreadable.join(' ')}`);
    const count = items.length === 0 ? 'None' : String(items.length);
    tell(line`${count} of ${scanned} tokens of ${showName(whose)} differ.`);
  });

const COLUMNS = [
  { title: 'ID', text: ({ id }: DriftedToken) => id },
  { title: 'WOULD GAIN', text: ({ adds }: DriftedToken) => adds.join(' ') || 'nothing' },
  { title: 'WOULD LOSE', text: ({ drops }: DriftedToken) => drops.join(' ') || 'nothing' },
  { title: 'NAME', text: ({ name }: DriftedToken) => name },
];

async function wholeReport(
  operations: Operations,
  owner: string,
  template: string | undefined,
): Promise<Omit<DriftReport, 'templates' | 'next'>> {
  const progress = new Progress();
  const signal = interruption();
  const items: DriftedToken[] = [];
  const unreadable: string[] = [];
  let scanned = 0;
  let after: string | undefined;
  try {
    do {
      const page = await operations.drift(
        { owner, ...(template !== undefined && { template }), ...(after !== undefined && { after }) },
        { signal },
      );
      items.push(...page.items);
      unreadable.push(...(page.unreadable ?? []));
      scanned += page.scanned;
      after = page.next;
      if (after !== undefined) progress.show(line`${scanned} tokens looked at`, scanned);
    } while (after !== undefined);
  } finally {
    progress.end();
  }
  return { items, scanned, ...(unreadable.length > 0 && { unreadable }) };
}
