import { Command } from 'commander';
import { addCredentialSource, readCredential } from '../credential-source.js';
import { withTokens } from '../open-deployment.js';
import { collect } from '../option-values.js';
import { printOne } from '../print-result.js';
import {
  describeVerdict,
  exitOfVerdict,
  type RequirementOptions,
  requirementOf,
  type VerdictShown,
} from '../show-verdict.js';
import { targetOf } from '../target.js';

interface Options extends RequirementOptions {
  balance?: true;
}

export const verify = addCredentialSource(
  new Command('verify')
    .summary('check whether a credential is valid')
    .description(
      'Checks whether a credential is valid, and whether it has the permissions of --require. The credential is read ' +
        'from LEASTKEY_TOKEN or from standard input, never from the command line, which other processes can read.',
    ),
)
  .option('-r, --require <permission>', 'a required permission; repeatable, all are required', collect)
  .option('--resource <resource>', 'the resource where they are required, such as org:acme')
  .option('--balance', 'show how many credits are left; uses none')
  .addHelpText(
    'after',
    `
Examples:
  LEASTKEY_TOKEN=$TOKEN leastkey verify --require messages:send
  leastkey verify --require messages:send < credential.txt`,
  )
  .action(async (source: string | undefined, options: Options, command: Command) => {
    const requirement = requirementOf(options);
    const target = targetOf(command);
    const credential = await readCredential(source);
    const needs = { needsPrefix: true, needsCatalog: true };
    const verdict = await withTokens(target, needs, async (tokens): Promise<VerdictShown> => {
      const verdict = await tokens.verify(credential, requirement, options.balance ? { consume: 0 } : {});
      if (verdict.code !== 'malformed' && verdict.code !== 'bad_checksum') return verdict;
      const { wrong } = await tokens.explain(credential);
      return wrong === undefined ? verdict : { ...verdict, wrong };
    });
    printOne(target, verdict, () => describeVerdict(verdict));
    process.exitCode = exitOfVerdict(verdict);
  });
