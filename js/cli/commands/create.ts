import { Command, InvalidArgumentError } from 'commander';
import type { CreateInput } from '../../index.js';
import { required, type Target, withTokens } from '../open-deployment.js';
import { handOver } from '../print-credential.js';
import { line, paint } from '../safe-text.js';
import { describe } from '../show-token.js';

/** The options are the input of `create`, except for the name of one member. */
type Options = Omit<CreateInput, 'templates'> & { template?: string[] };

export const create = new Command('create')
  .summary('create a token and print its credential once')
  .description(
    'Creates a token and prints its credential on standard output, once. It is not stored and cannot be shown ' +
      'again. Everything else goes to standard error, so that TOKEN=$(leastkey create …) contains only the credential.',
  )
  .option('--name <name>', 'what the token is for (required)')
  .option('--kind <kind>', 'the kind of token, such as personal (required)')
  .option('--owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('--subject <id>', 'the identity it acts as, such as profile:42')
  .option('--template <id>', 'a permission set of the catalog; repeatable', collect)
  .option('--add <permission>', 'a permission or pattern in addition to the templates; repeatable', collect)
  .option('--remove <permission>', 'a permission or pattern to leave out; repeatable', collect)
  .option('--resource <resource>', 'the resource that it is limited to (default: its owner)')
  .option('--expires-in <duration>', 'its lifetime: 12h, 90d, P90D')
  .option('--expires-at <date>', 'the date it expires: 2027-01-31 (UTC), 2027-01-31T17:00+01:00', date)
  .option('--idempotency-key <key>', 'a repeated create with the same key creates no second token')
  .addHelpText(
    'after',
    `
Example:
  TOKEN=$(leastkey create --kind permission-set --name "Nightly sender" \\
    --owner org:acme --template all-channels-branch --expires-in 90d)`,
  )
  .action(async ({ template = [], ...input }: Options, command: Command) => {
    required(input.name, 'what is the token for? Give --name <name>');
    required(input.kind, 'which kind of token? Give --kind <kind>, such as permission-set or personal');
    required(input.owner, 'whose token? Give --owner <resource>, such as org:acme or user:7');
    const target = command.optsWithGlobals<Target>();
    await withTokens(target, { makesDatabase: true, needsPrefix: true }, async (tokens, actor) => {
      const created = await tokens.create({ ...input, templates: template }, actor);
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
    });
  });

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

const iso = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * An ISO 8601 date, or date and time with an offset. A day that does not exist is refused, not
 * moved.
 */
function date(text: string): number {
  const day = iso.exec(text)?.[1];
  const exists = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  const millis = Date.parse(text);
  if (!exists || Number.isNaN(millis)) {
    throw new InvalidArgumentError('Write a date such as 2027-01-31, or with a time 2027-01-31T17:00Z.');
  }
  return millis;
}
