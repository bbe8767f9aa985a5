import { Command } from 'commander';
import type { Duration } from '../../api/call.js';
import type { TokenRecord, TokenSummary } from '../../api/token.js';
import { parseDuration } from '../../input/duration.js';
import { UsageError } from '../exit-codes.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { tell } from '../output.js';
import { printMany, printOne } from '../print-result.js';
import { interruption } from '../progress.js';
import { type Legible, line } from '../safe-text.js';
import { facts, instant } from '../show-token.js';
import { table } from '../table.js';
import { targetOf } from '../target.js';

interface Options {
  owner?: string;
  unusedFor: string;
}

export const usage = new Command('usage')
  .summary('show what a token was used for, or which are unused')
  .description(
    'Shows when a token was last used, how often, from where, and which of its permissions nobody required. With --owner it lists the ' +
      'active tokens that were not used for some time. Uses are those that servers have flushed.',
  )
  .argument('[id]', 'the id of the token, as list shows it')
  .option('-o, --owner <resource>', 'list the unused tokens of this owner')
  .option('--unused-for <duration>', 'for how long they were not used', '30d')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey usage 0NxHtBWaKLZ9gG2T\n  leastkey usage --owner org:acme --unused-for 90d',
  )
  .action(async (id: string | undefined, { owner, unusedFor }: Options, command: Command) => {
    const target = targetOf(command);
    if ((id === undefined) === (owner === undefined)) {
      throw new UsageError('give the id of a token, or --owner <resource> for the unused ones of an owner');
    }
    if (id !== undefined) {
      const record = await withOperations(target, {}, (operations) => operations.get(id));
      const use = useOf(record);
      return printOne(target, use, () => describe(use));
    }
    const since = Date.now() - parseDuration(unusedFor as Duration, '--unused-for');
    const items = await withOperations(target, {}, (operations) =>
      unused(operations, owner as string, since),
    );
    printMany(target, items, { items }, () => table(items, COLUMNS, process.stdout));
    if (items.length === 0) tell(line`Every active token of that age was used.`);
  });

const COLUMNS = [
  { title: 'ID', text: ({ id }: TokenSummary) => id },
  { title: 'LAST USED (UTC)', text: ({ lastUsedAt }: TokenSummary) => when(lastUsedAt) },
  { title: 'CREATED (UTC)', text: ({ createdAt }: TokenSummary) => instant(createdAt), optional: true },
  { title: 'NAME', text: ({ name }: TokenSummary) => name },
];

const when = (at: number | undefined) => (at === undefined ? 'never' : instant(at));

async function unused(operations: Operations, owner: string, since: number): Promise<TokenSummary[]> {
  const signal = interruption();
  const found: TokenSummary[] = [];
  let after: string | undefined;
  do {
    const page = await operations.list(
      { owner, status: 'active', limit: 200, ...(after !== undefined && { after }) },
      { signal },
    );
    const now = Date.now();
    found.push(
      ...page.items.filter(
        ({ lastUsedAt, createdAt, expiresAt }) =>
          (lastUsedAt ?? createdAt) < since && (expiresAt === undefined || expiresAt > now),
      ),
    );
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** What is known of the use of a token. */
interface Use {
  id: string;
  name: string;
  lastUsedAt?: number;
  uses: number;
  addresses: { address: string; at: number }[];
  /** Since when each use has recorded its requirement. */
  since?: number;
  /** Permissions with the time of their last use. */
  used: Record<string, number>;
  /** Permissions that were not required since. */
  unused: string[];
}

function useOf({
  id,
  name,
  lastUsedAt,
  uses = 0,
  lastUsedFrom = [],
  permissionUse,
  permissions,
}: TokenRecord): Use {
  const used = permissionUse?.lastUsedAt ?? {};
  return {
    id,
    name,
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    uses,
    addresses: lastUsedFrom,
    ...(permissionUse !== undefined && { since: permissionUse.since }),
    used,
    unused:
      permissionUse === undefined ? [] : permissions.filter((permission) => !Object.hasOwn(used, permission)),
  };
}

function describe({ id, name, lastUsedAt, uses, addresses, since, used, unused }: Use): Legible {
  return facts(process.stdout, [
    ['id', id],
    ['name', name],
    ['last used', lastUsedAt === undefined ? 'never' : `${instant(lastUsedAt)} UTC`],
    ['uses', String(uses)],
    ['from', addresses.length === 0 ? undefined : addresses.map(({ address }) => address)],
    ['recorded', since === undefined ? 'no required permission was' : `${instant(since)} UTC`],
    ['used', Object.keys(used).length === 0 ? undefined : Object.keys(used)],
    ['never used', unused.length === 0 ? undefined : unused],
  ]);
}
