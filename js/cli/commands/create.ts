import { Command } from 'commander';
import type { CreateInput, TokenRecord } from '../../api/token.js';
import { addBoundsOptions, type BoundsOptions, conditionsOf, limitsOf } from '../bounds-options.js';
import { finishFirst } from '../finish-first.js';
import { metadataOf } from '../metadata-option.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { collect, end, start } from '../option-values.js';
import { tell } from '../output.js';
import { handOver } from '../print-credential.js';
import { canAsk } from '../prompt.js';
import { line, paint } from '../safe-text.js';
import { addSelectionOptions, type SelectionOptions, selectionOf } from '../selection-options.js';
import { describe } from '../show-token.js';
import { required, targetOf } from '../target.js';

type Plain = Pick<
  CreateInput,
  | 'name'
  | 'kind'
  | 'owner'
  | 'subject'
  | 'resource'
  | 'description'
  | 'technicalUser'
  | 'expiresIn'
  | 'expiresAt'
  | 'notBefore'
  | 'idleAfter'
  | 'idempotencyKey'
>;
type Options = Partial<Plain> & SelectionOptions & BoundsOptions & { tag?: string[]; metadata?: string };

export const create = addBoundsOptions(
  addSelectionOptions(
    new Command('create')
      .summary('create a token and print its credential once')
      .description(
        'Creates a token and prints its credential on standard output, once. It is not stored and cannot be shown ' +
          'again. Everything else goes to standard error, so that TOKEN=$(leastkey create …) contains only the credential. ' +
          'On a terminal it asks for what is not given, and shows the permissions as a tree to choose from.',
      )
      .option('-n, --name <name>', 'what the token is for (required)')
      .option('-k, --kind <kind>', 'the kind of token, such as personal (required)')
      .option('-o, --owner <resource>', 'the owner, such as org:acme or user:7 (required)')
      .option('--subject <id>', 'the identity it acts as, such as profile:42'),
  )
    .option('--resource <resource>', 'the resource that it is limited to (default: its owner)')
    .option('--expires-in <duration>', 'its lifetime: 12h, 90d, P90D')
    .option(
      '--expires-at <date>',
      'the last day it works: 2027-01-31, or an instant: 2027-01-31T17:00+01:00',
      end,
    )
    .option('--not-before <date>', 'the date from which it works', start)
    .option('--idle-after <duration>', 'the longest time without use')
    .option('--description <text>', 'its purpose')
    .option('--tag <tag>', 'a tag; repeatable', collect)
    .option('--metadata <json>', 'data of your own, as JSON; @file reads a file')
    .option(
      '--technical-user <id>',
      'an existing technical user (default: a new one where the kind has them)',
    ),
)
  .option('--idempotency-key <key>', 'a repeated create with the same key creates no second token')
  .addHelpText(
    'after',
    `
Example:
  TOKEN=$(leastkey create --kind permission-set --name "Nightly sender" \\
    --owner org:acme --template all-channels-branch --expires-in 90d)`,
  )
  .action(async (options: Options, command: Command) => {
    const target = targetOf(command);
    const asks = canAsk() && !target.json && !target.quiet && lacks(options);
    if (!asks) requireMembers(options);
    const needs = { makesDatabase: true, needsPrefix: true, needsCatalog: true };
    await withOperations(target, needs, async (operations) => {
      const input = asks ? await answered(operations, options) : await inputOf(options);
      await finishFirst(async () => {
        const created = await operations.create(input);
        const { id } = created.record;
        const { stderr } = process;
        await handOver(created, target, {
          earlier: 'This key made a token before.',
          did: 'was made',
          introduction: () =>
            line`${paint(stderr, 'green', 'Token created.')}\n\n${describe(created.record, stderr)}\n
Its credential, shown this once. Store it somewhere safe:`,
          undo: `leastkey revoke ${id} --yes`,
        });
        if (!asks && !target.json) warnOfEndlessToken(created.record);
      });
    });
  });

/** Over `--url` the warning of `onWarning` is the server's, so the command has its own. */
function warnOfEndlessToken({ kind, expiresAt, idleAfter }: TokenRecord): void {
  if (expiresAt !== undefined || idleAfter !== undefined) return;
  tell(
    line`\nIt never expires: it is valid until somebody revokes it. --expires-in 90d gives it an end, "lifetime": { "default": "90d" } in the catalog each token of kind ${kind}.`,
  );
}

function lacks({ name, kind, owner, template, add, role }: Options): boolean {
  const selects = template !== undefined || add !== undefined || role !== undefined;
  return name === undefined || kind === undefined || owner === undefined || !selects;
}

/** All that is missing, in one message. */
function requireMembers({ name, kind, owner }: Options): void {
  const missing = [
    ...(name === undefined ? ['--name <name>, what it is for'] : []),
    ...(kind === undefined ? ['--kind <kind>, such as permission-set or personal'] : []),
    ...(owner === undefined ? ['--owner <resource>, such as org:acme or user:7'] : []),
  ];
  required(missing.length === 0 ? 'all' : undefined, `a token needs ${missing.join('; ')}`);
}

async function answered(operations: Operations, options: Options): Promise<CreateInput> {
  // The prompts take longer to load than all the rest.
  const { askForToken } = await import('../ask-for-token.js');
  return askForToken(operations, await inputOf(options));
}

async function inputOf(options: Options): Promise<CreateInput> {
  const { name, kind, owner, subject, resource, expiresIn, expiresAt, notBefore, idleAfter } = options;
  const { description, tag, technicalUser, idempotencyKey } = options;
  const metadata = await metadataOf(options.metadata);
  const conditions = conditionsOf(options);
  const limits = limitsOf(options);
  const members = {
    ...{ name, kind, owner, subject, resource, expiresIn, expiresAt, notBefore, idleAfter, description },
    ...{ tags: tag, metadata, technicalUser, conditions, limits, idempotencyKey },
  };
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  return { ...given, ...selectionOf(options) } as CreateInput;
}
