import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import type { Store } from '../../index.js';
import {
  checkStore,
  clearScratch,
  formatReport,
  PROMISES,
  type StoreReport,
  scratchStore,
} from '../../store-kit/index.js';
import { exits, UsageError } from '../exit-codes.js';
import { urlOf, withStores } from '../open-url.js';
import { clearStatus, complain, print, printJson, showStatus } from '../output.js';
import { line } from '../safe-text.js';
import type { Target } from '../target.js';

interface Options {
  scratch?: string;
  effort: number;
  seed?: number;
  migrate?: boolean;
  durable?: boolean;
}

/** All keys of checks begin so; no key of Leastkey does. */
const FAMILY = 'check/';

export const storeCheck = new Command('check')
  .summary('check that a store keeps its promises')
  .description(
    'Runs the checks of leastkey/store-kit on a store, over two connections. Every key that it writes begins with check/, ' +
      'and is deleted at the end; it reads no other. A store that has keys is refused unless --scratch is given, because ' +
      'the checks keep the database busy.',
  )
  .argument(
    '[url]',
    'the URL of the store (or the environment variable LEASTKEY_STORE, for one with a password)',
  )
  .option(
    '--scratch <name>',
    'check a store that is in use, with keys that begin with check/<name>/',
    scratchName,
  )
  .option('--effort <factor>', 'how many rounds the races have', whole, 1)
  .option('--seed <number>', 'the random calls of an earlier report', whole)
  .option('--migrate', 'create what the store needs in the database first')
  .option('--durable', 'the service keeps every acknowledged commit, whatever its settings say')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey store check sqlite:./empty.db\n  leastkey store check --scratch ada redis://localhost:6379',
  )
  .action(async (argument: string | undefined, options: Options, command: Command) => {
    const { json = false } = command.optsWithGlobals<Target>();
    const url = urlOf(argument, 'LEASTKEY_STORE');
    const { scratch, effort, seed, ...opening } = options;
    const report = await withStores([url, url], opening, async (store, other) => {
      if (scratch === undefined) await requireEmpty(store as Store);
      const prefix = `${FAMILY}${scratch ?? randomBytes(6).toString('hex')}/`;
      const parts = [store, other].map((one) => scratchStore(one as Store, prefix)) as [Store, Store];
      return check(parts, prefix.length, { effort, ...(seed !== undefined && { seed }) });
    });
    if (!report.ok) process.exitCode = exits.refused;
    if (json) printJson(shownReport(report));
    else for (const text of formatReport(report).split('\n')) print(line`${text}`);
  });

async function requireEmpty(store: Store): Promise<void> {
  const first = await store.list({ prefix: '', limit: 1 });
  const last = await store.list({ prefix: '', after: `${FAMILY}~`, limit: 1 });
  if (last.length === 0 && first.every(({ key }) => key.startsWith(FAMILY))) return;
  throw new UsageError(
    'the store has keys: if it is in use, the checks would slow it down. To check it all the same, with keys of its own, add --scratch <name>',
  );
}

/** Each check gets the same part of the store, emptied before and after. */
async function check(
  [store, other]: readonly [Store, Store],
  keyOverhead: number,
  options: { effort: number; seed?: number },
): Promise<StoreReport> {
  try {
    return await checkStore(
      async () => {
        await clearScratch(store);
        return { store, other, keyOverhead };
      },
      { ...options, onCheck: (title, done, of) => showStatus(line`${done + 1}/${of} ${title}`) },
    );
  } finally {
    clearStatus();
    await clearScratch(store).catch(() =>
      complain(
        `leastkey: the keys of the check could not be deleted; the next check with the same --scratch does`,
      ),
    );
  }
}

/** The report without what calls threw: a driver may quote a password. */
function shownReport({ broken, ...report }: StoreReport): object {
  return {
    ...report,
    broken: broken.map(({ failure: _, promise, history, ...rest }) => ({
      promise,
      ...PROMISES[promise],
      ...rest,
      history: history.map(({ failure: __, ...call }) => call),
    })),
  };
}

function scratchName(text: string): string {
  if (!/^[0-9A-Za-z-]{1,32}$/.test(text)) throw new InvalidArgumentError('Write letters, digits and - only.');
  return text;
}

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}
