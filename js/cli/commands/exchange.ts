import { Command } from 'commander';
import type { ExchangeInput } from '../../api/exchange.js';
import { addCredentialSource, readCredential } from '../credential-source.js';
import { finishFirst } from '../finish-first.js';
import { withTokens } from '../open-deployment.js';
import { collect } from '../option-values.js';
import { handOver } from '../print-credential.js';
import { line, paint } from '../safe-text.js';
import { describe } from '../show-token.js';
import { targetOf } from '../target.js';

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
