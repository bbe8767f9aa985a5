import { Command, InvalidArgumentError } from 'commander';
import type { AuditHead } from '../../api/audit.js';
import { exits } from '../exit-codes.js';
import { withTokens } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { interruption, Progress } from '../progress.js';
import { line, paint } from '../safe-text.js';
import { facts } from '../show-token.js';
import { required, targetOf } from '../target.js';

interface Options {
  owner?: string;
  after?: AuditHead;
}

export const verifyAudit = new Command('verify-audit')
  .summary('check that the audit trail of an owner is complete and unchanged')
  .description(
    'Follows the chain of hashes through the changes of one owner. Keep the head that it prints where no one with ' +
      'write access to the database can change it, and pass it as --after next time: that also detects a truncated trail.',
  )
  .option('-o, --owner <resource>', 'the owner, such as org:acme or user:7 (required)')
  .option('--after <number:hash>', 'the head of an earlier check', head)
  .addHelpText('after', '\nExample:\n  leastkey verify-audit --owner org:acme')
  .action(async (options: Options, command: Command) => {
    const owner = required(options.owner, 'whose changes? Give --owner <resource>');
    const target = targetOf(command);
    const progress = new Progress();
    const check = await withTokens(target, {}, (tokens) =>
      tokens.verifyAudit(owner, {
        ...(options.after !== undefined && { after: options.after }),
        onProgress: ({ checked }) => progress.show(line`${checked} looked at`, checked),
        signal: interruption(),
      }),
    ).finally(() => progress.end());
    if (!check.intact) process.exitCode = exits.refused;
    if (target.json) return printJson(check);
    const { stdout } = process;
    print(check.intact ? paint(stdout, 'green', 'intact') : paint(stdout, 'red', 'not intact'));
    const { checked, problem, next } = check;
    print(
      facts(stdout, [
        ['problem', problem && `entry ${problem.seq} ${problem.message}`],
        ['looked at', `${checked} ${checked === 1 ? 'entry' : 'entries'}`],
        ['go on after', next && `${next.seq}:${next.hash}`],
        ['head', check.head && `${check.head.seq}:${check.head.hash}`],
      ]),
    );
  });

function head(text: string): AuditHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) {
    throw new InvalidArgumentError('Write the head as an earlier check printed it, number:hash.');
  }
  return { seq: Number(seq), hash };
}
