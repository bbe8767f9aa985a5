import { Command } from 'commander';
import type { ExchangeInput } from '../../api/exchange.js';
import { addCredentialSource, readCredential } from '../credential-source.js';
import { CredentialLost, UsageError } from '../exit-codes.js';
import { finishFirst } from '../finish-first.js';
import { isLeastkeyError } from '../is-leastkey-error.js';
import { withTokens } from '../open-deployment.js';
import { collect } from '../option-values.js';
import { printCredential, tell } from '../output.js';
import { handOver } from '../print-credential.js';
import { line, paint } from '../safe-text.js';
import { describe } from '../show-token.js';
import { type Target, targetOf } from '../target.js';

type Options = Pick<ExchangeInput, 'kind' | 'resource' | 'expiresIn' | 'name'> & { permission?: string[] };

export const exchange = addCredentialSource(
  new Command('exchange')
    .summary('exchange a credential for a session token')
    .description(
      'Exchanges a credential for a session token: at most its permissions and its lifetime, and it ends with it. The credential is ' +
        'read from LEASTKEY_TOKEN or from standard input; that of the session is printed on standard output, once.',
    ),
)
  .option('-p, --permission <permission>', 'a permission of the session (default: all); repeatable', collect)
  .option('--resource <resource>', 'the resource that it is limited to')
  .option('--expires-in <duration>', 'its lifetime: 15m')
  .option('-n, --name <name>', 'what it is for')
  .option('-k, --kind <kind>', 'a kind of the catalog for sessions (default: session)')
  .addHelpText(
    'after',
    '\nExample:\n  SESSION=$(leastkey exchange --permission messages:send --expires-in 15m < credential.txt)',
  )
  .action(async (source: string | undefined, { permission, ...input }: Options, command: Command) => {
    const target = targetOf(command);
    const credential = await readCredential(source);
    if (target.url !== undefined) return overHttp(target, credential, permission, input);
    const { stderr } = process;
    await withTokens(target, { needsPrefix: true, needsCatalog: true }, (tokens) =>
      finishFirst(async () => {
        const session = await tokens.exchange(credential, {
          ...input,
          ...(permission !== undefined && { permissions: permission }),
        });
        await handOver(session, target, {
          earlier: 'This session was made before.',
          did: 'was made',
          introduction: () =>
            line`${paint(stderr, 'green', 'Session created.')}\n\n${describe(session.record, stderr)}\n
Its credential, shown this once:`,
          undo: `leastkey revoke ${session.record.id} --yes`,
        });
      }),
    );
  });

/** By the token endpoint, which decides what else a session is. The credential is its own login. */
async function overHttp(
  target: Target,
  credential: string,
  permissions: string[] | undefined,
  { resource, ...others }: Options,
): Promise<void> {
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const option = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${option}: the API decides that; leave it out, or give --store or --db`);
  }
  const { openClientOf } = await import('../remote.js');
  const client = openClientOf(target);
  await finishFirst(async () => {
    const narrower = {
      ...(permissions !== undefined && { permissions }),
      ...(resource !== undefined && { resource }),
    };
    const answer = await client.oauth.exchange(credential, narrower).catch(refused);
    const { access_token: token, expires_in: seconds, scope } = answer;
    const document = {
      token,
      permissions: scope.split(' '),
      ...(seconds !== undefined && { expiresIn: `${seconds}s` }),
    };
    if (!target.json)
      tell(line`${paint(process.stderr, 'green', 'Session created.')}\n
  permissions  ${scope}
  expires      ${seconds === undefined ? 'never' : `in ${seconds} seconds`}\n
Its credential, shown this once:`);
    try {
      await printCredential(token, target.json ? document : undefined);
    } catch (cause) {
      // The id stands after the prefix and the version.
      const id = /_\d(\w{16})\w+$/.exec(token)?.[1] ?? '';
      throw new CredentialLost(id, 'was made', `leastkey revoke ${id} --yes`, cause);
    }
  });
}

/** The endpoint names the field of its form. */
async function refused(error: unknown): Promise<never> {
  if (!isLeastkeyError(error) || !error.message.includes('subject_token')) throw error;
  const { LeastkeyError } = await import('../../api/errors.js');
  throw new LeastkeyError('invalid_token', 'the credential is not valid, so there is no session for it');
}
