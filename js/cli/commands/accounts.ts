import { Command } from 'commander';
import type { Account, AccountInput } from '../../api/accounts.js';
import { Declined, UsageError } from '../exit-codes.js';
import { withOperations } from '../open-deployment.js';
import { pairs, whole } from '../option-values.js';
import { complain, print, printJson } from '../output.js';
import { printOne } from '../print-result.js';
import { canAsk, confirm } from '../prompt.js';
import { addIrreversibleOptions, type IrreversibleOptions } from '../run-irreversible.js';
import { type Legible, line, paint } from '../safe-text.js';
import { facts, instant } from '../show-token.js';
import { targetOf } from '../target.js';

interface PutOptions {
  title?: string;
  role?: [resource: string, role: string][];
  permission?: [resource: string, permission: string][];
  revision?: number;
}

const ID = 'the owner, such as org:acme or user:7, or the id of a technical user';

const put = new Command('put')
  .summary('register an owner, or replace its account')
  .description(
    'Registers an owner, or replaces its account: the most that its tokens can do. A smaller account applies to existing tokens at once.',
  )
  .argument('<id>', ID)
  .option('--title <title>', 'the display name')
  .option('--role <resource=role>', 'a role at a resource: org:acme=user; repeatable', pairs('org:acme=user'))
  .option(
    '--permission <resource=permission>',
    "a permission or pattern at a resource: 'org:acme=messages:*'; repeatable",
    pairs('org:acme=messages:*'),
  )
  .option('--revision <number>', 'refuse if the account has another revision; 0: if there is one', whole)
  .addHelpText('after', '\nExample:\n  leastkey accounts put user:7 --role user:7=user')
  .action(async (id: string, { title, role, permission, revision }: PutOptions, command: Command) => {
    const target = targetOf(command);
    const input: AccountInput = {
      id,
      ...(title !== undefined && { title }),
      ...(role !== undefined && { roles: Object.fromEntries(role) }),
      ...(permission !== undefined && { permissions: byResource(permission) }),
      ...(revision !== undefined && { revision }),
    };
    const needs = { makesDatabase: true, needsPrefix: true, needsCatalog: true };
    const account = await withOperations(target, needs, (operations) => operations.accounts.put(input));
    printOne(target, account, () => line`${account.id} is registered.\n\n${describe(account)}`);
  });

function byResource(pairs: readonly [string, string][]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [resource, permission] of pairs) found[resource] = [...(found[resource] ?? []), permission];
  return found;
}

const get = new Command('get')
  .summary('show an account')
  .description('Shows the account of an owner, or a technical user.')
  .argument('<id>', ID)
  .addHelpText('after', '\nExample:\n  leastkey accounts get user:7')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = targetOf(command);
    const account = await withOperations(target, {}, (operations) => operations.accounts.get(id));
    printOne(target, account, () => describe(account));
  });

const disable = new Command('disable')
  .summary('stop all tokens of an owner until it is enabled')
  .description('Stops all tokens of an owner, and of owners below it, until the account is enabled.')
  .argument('<id>', ID)
  .addHelpText('after', '\nExample:\n  leastkey accounts disable user:7')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = targetOf(command);
    const account = await withOperations(target, {}, (operations) => operations.accounts.disable(id));
    printOne(target, account, () => line`${account.id} is disabled.`);
  });

const enable = new Command('enable')
  .summary('let the tokens of a disabled owner work again')
  .description('Lets the tokens of a disabled owner work again.')
  .argument('<id>', ID)
  .addHelpText('after', '\nExample:\n  leastkey accounts enable user:7')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = targetOf(command);
    const needs = { needsCatalog: true };
    const account = await withOperations(target, needs, (operations) => operations.accounts.enable(id));
    printOne(target, account, () => line`${account.id} is enabled.`);
  });

const remove = addIrreversibleOptions(
  new Command('delete')
    .summary('delete an account, and end all its tokens')
    .description('Deletes an account, and ends all its tokens. Its id is never used again.')
    .argument('<id>', ID),
)
  .addHelpText('after', '\nExample:\n  leastkey accounts delete user:7 --yes')
  .action(async (id: string, { yes = false, dryRun = false }: IrreversibleOptions, command: Command) => {
    const target = targetOf(command);
    if (!yes && !dryRun && !canAsk()) {
      throw new UsageError(
        'delete cannot be undone, and there is no terminal to confirm it on; add --yes to confirm',
      );
    }
    await withOperations(target, {}, async (operations) => {
      if (!yes || dryRun) {
        const account = await operations.accounts.get(id);
        if (dryRun && target.json) return printJson({ dryRun, account });
        if (dryRun)
          return print(line`Would delete this account. Nothing was changed.\n\n${describe(account)}`);
        complain(line`${describe(account)}\n\nAll its tokens end with it. This cannot be undone.`);
        if (!(await confirm('Yes, delete it?'))) throw new Declined('nothing was changed');
      }
      const deleted = await operations.accounts.delete(id);
      printOne(target, deleted, () => line`${deleted.id} is deleted.`);
    });
  });

export const accounts = new Command('accounts')
  .summary('register, show, disable and delete owners')
  .description(
    'Registers, shows, disables and deletes owners. The account of an owner limits all its tokens.',
  )
  .addCommand(put)
  .addCommand(get)
  .addCommand(disable)
  .addCommand(enable)
  .addCommand(remove);

function describe(account: Account): Legible {
  const { stdout } = process;
  const { id, type, title, roles, ceilings, status, tokens, createdAt, createdBy, revision } = account;
  return facts(stdout, [
    ['id', id],
    ['type', type],
    ['title', title],
    ['status', paint(stdout, status === 'active' ? 'green' : 'yellow', status)],
    ['roles', Object.entries(roles).map(([resource, role]) => `${resource}=${role}`)],
    ...ceilings.map(
      ({ resource, permissions }) =>
        [`at ${resource}`, permissions.length === 0 ? 'nothing' : permissions] satisfies [
          string,
          string | string[],
        ],
    ),
    ['tokens', tokens],
    ['created', `${instant(createdAt)} UTC by ${createdBy}`],
    ['revision', String(revision)],
  ]);
}
