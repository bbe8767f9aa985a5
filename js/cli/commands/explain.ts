import { Command } from 'commander';
import { addCredentialSource, readCredential } from '../credential-source.js';
import { withTokens } from '../open-deployment.js';
import { collect } from '../option-values.js';
import { printOne } from '../print-result.js';
import { describeVerdict, exitOfVerdict, type RequirementOptions, requirementOf } from '../show-verdict.js';
import { targetOf } from '../target.js';

interface Options extends RequirementOptions {
  fromIp?: string;
  fromOrigin?: string;
  audience?: string;
}

export const explain = addCredentialSource(
  new Command('explain')
    .summary('show why a credential is refused, and what would be needed')
    .description(
      'Verifies a credential, and shows what would make it valid: the permissions to add, the permission sets that would do, and ' +
        'what the client sees. For operators: only the line "client gets" may go to the client.',
    ),
)
  .option('-r, --require <permission>', 'a required permission; repeatable, all are required', collect)
  .option('--resource <resource>', 'the resource where they are required, such as org:acme')
  .option('--from-ip <address>', 'the address of the request')
  .option('--from-origin <origin>', 'the Origin of the request')
  .option('--audience <service>', 'the service that was asked')
  .addHelpText(
    'after',
    '\nExample:\n  leastkey explain --require messages:send --from-ip 192.0.2.7 < credential.txt',
  )
  .action(async (source: string | undefined, options: Options, command: Command) => {
    const requirement = requirementOf(options);
    const { fromIp, fromOrigin, audience } = options;
    const context = {
      ...(fromIp !== undefined && { ip: fromIp }),
      ...(fromOrigin !== undefined && { origin: fromOrigin }),
      ...(audience !== undefined && { audience }),
    };
    const target = targetOf(command);
    const credential = await readCredential(source);
    const explanation = await withTokens(target, { needsPrefix: true, needsCatalog: true }, (tokens) =>
      tokens.explain(credential, requirement, context),
    );
    printOne(target, explanation, () => describeVerdict(explanation));
    process.exitCode = exitOfVerdict(explanation);
  });
