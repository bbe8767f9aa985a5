import { Command } from 'commander';
import type { Explanation, Requirement, Verdict } from '../../index.js';
import { exits, UsageError } from '../exit-codes.js';
import { type Target, withTokens } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { readSecret } from '../prompt.js';
import { type Legible, line, paint } from '../safe-text.js';
import { facts } from '../show-token.js';

interface Options {
  require?: string[];
  resource?: string;
  balance?: true;
}

export const verify = new Command('verify')
  .summary('check whether a credential is valid')
  .description(
    'Checks whether a credential is valid, and whether it has the permissions of --require. The credential is read ' +
      'from LEASTKEY_TOKEN or from standard input, never from the command line, which other processes can read.',
  )
  .argument('[-]', 'read standard input, even if LEASTKEY_TOKEN is set')
  .option('--require <permission>', 'a required permission; repeatable, all are required', collect)
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
    if (source !== undefined && source !== '-') {
      throw new UsageError(
        'a credential on the command line is visible to other processes; pipe it to standard input, or set LEASTKEY_TOKEN',
      );
    }
    if (options.resource !== undefined && options.require === undefined) {
      throw new UsageError(
        '--resource says where a permission is needed; name the permission with --require',
      );
    }
    const credential =
      (source === undefined && process.env.LEASTKEY_TOKEN) || (await readSecret('Credential'));
    const target = command.optsWithGlobals<Target>();
    const verdict = await withTokens(target, { needsPrefix: true }, async (tokens): Promise<VerifyAnswer> => {
      const verdict = await tokens.verify(
        credential,
        requirementOf(options),
        options.balance ? { consume: 0 } : {},
      );
      if (verdict.code !== 'malformed' && verdict.code !== 'bad_checksum') return verdict;
      const { wrong } = await tokens.explain(credential);
      return wrong === undefined ? verdict : { ...verdict, wrong };
    });
    if (target.json) printJson(verdict);
    else print(describe(verdict));
    process.exitCode = exitOf(verdict);
  });

/** With what is wrong with a malformed credential. */
type VerifyAnswer = Verdict & Pick<Explanation, 'wrong'>;

const WRONG = {
  prefix: 'it does not begin with the prefix of this deployment',
  length: 'it is too short or too long',
  alphabet: 'the part after the prefix has characters other than letters and digits',
  version: 'it is a credential of another version of the format',
  checksum: 'it was mistyped, or made up',
} as const satisfies Record<NonNullable<Explanation['wrong']>, string>;

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function requirementOf({ require, resource }: Options): Requirement | undefined {
  if (require === undefined) return undefined;
  return resource === undefined ? { all: require } : { all: require, resource };
}

function exitOf(verdict: Verdict): number {
  if (verdict.valid) return exits.done;
  return verdict.status === 503 ? exits.unavailable : exits.refused;
}

function describe({ valid, code, token, missing, wrong, remaining }: VerifyAnswer): Legible {
  const { stdout } = process;
  const about = facts(stdout, [
    ['wrong', wrong === undefined ? undefined : `${wrong}: ${WRONG[wrong]}`],
    ['missing', missing],
    ['id', token?.id],
    ['name', token?.name],
    ['owner', token?.owner],
    ['subject', token?.subject],
    ['permissions', token?.permissions],
    ['credits', remaining === undefined ? undefined : `${remaining} left`],
  ]);
  const answer = valid ? paint(stdout, 'green', 'valid') : line`${paint(stdout, 'red', 'refused')}: ${code}`;
  return about.text === '' ? answer : line`${answer}\n${about}`;
}
