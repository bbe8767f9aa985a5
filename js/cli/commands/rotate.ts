import { Command } from 'commander';
import type { RotateOptions } from '../../api/rotation.js';
import type { TokenRecord } from '../../api/token.js';
import { finishFirst } from '../finish-first.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { handOver } from '../print-credential.js';
import { printOne } from '../print-result.js';
import { line, paint } from '../safe-text.js';
import { instant, named } from '../show-token.js';
import { required, targetOf } from '../target.js';

export const rotate = new Command('rotate')
  .summary('give a token a new secret and print its credential once')
  .description(
    'Gives a token a new secret beside the old one. Both work until the grace period ends or confirm-rotation ends the old ' +
      'one. The new credential goes to standard output, once; everything else to standard error.',
  )
  .argument('<id>', 'the id of the token, as list shows it')
  .option('--grace <duration>', 'how long the old secret works beside the new one: 1h, 24h')
  .option('--expires-in <duration>', 'renew the token, expired or not, for this long from now: 90d')
  .option('--end-old-at-first-use', 'end the old secret at the first use of the new one')
  .option('--idempotency-key <key>', 'a repeated rotate with the same key creates no second secret')
  .addHelpText('after', '\nExample:\n  TOKEN=$(leastkey rotate 0NxHtBWaKLZ9gG2T --grace 24h)')
  .action((id: string, options: RotateOptions, command: Command) => newSecret(id, options, command));

export const renew = new Command('renew')
  .summary('give a token a new lifetime and a new secret')
  .description(
    'Gives a token, expired or not, a new lifetime from now, with a new secret. The new credential goes to standard output, ' +
      'once. A token that was revoked, deleted or went idle cannot be renewed.',
  )
  .argument('<id>', 'the id of the token, as list shows it')
  .option('--expires-in <duration>', 'its new lifetime: 90d (required)')
  .option('--grace <duration>', 'how long the old secret works beside the new one: 1h, 24h')
  .option('--idempotency-key <key>', 'a repeated renew with the same key creates no second secret')
  .addHelpText('after', '\nExample:\n  TOKEN=$(leastkey renew 0NxHtBWaKLZ9gG2T --expires-in 90d)')
  .action((id: string, options: RotateOptions, command: Command) => {
    required(
      options.expiresIn as string | undefined,
      'for how long? Give --expires-in <duration>, such as 90d',
    );
    return newSecret(id, options, command);
  });

async function newSecret(id: string, options: RotateOptions, command: Command): Promise<void> {
  const target = targetOf(command);
  const needs = { needsPrefix: true, needsCatalog: true };
  await withOperations(target, needs, (operations) =>
    finishFirst(async () => {
      const rotated = await operations.rotate(id, options);
      const { rotation } = rotated.record;
      const ends = rotation === undefined ? '' : ` until ${instant(rotation.graceEndsAt)} UTC`;
      await handOver(rotated, target, {
        earlier: 'This key began the rotation before.',
        did: 'has a new secret',
        introduction: () =>
          line`${paint(process.stderr, 'green', 'New secret created.')} The old one works${ends}.\n
The new credential, shown this once. Store it somewhere safe:`,
        // Without a grace there is no old secret to go back to.
        undo: rotation === undefined ? `leastkey revoke ${id} --yes` : `leastkey abort-rotation ${id}`,
      });
    }),
  );
}

export const abortRotation = new Command('abort-rotation')
  .summary('discard the new secret of a rotation')
  .description('Ends the new secret of a rotation, during its grace period. The old one keeps working.')
  .argument('<id>', 'the id of the token, as list shows it')
  .addHelpText('after', '\nExample:\n  leastkey abort-rotation 0NxHtBWaKLZ9gG2T')
  .action((id: string, _own: unknown, command: Command) =>
    ended(command, (operations) => operations.abortRotation(id), 'old'),
  );

export const confirmRotation = new Command('confirm-rotation')
  .summary('end the old secret of a token that was rotated')
  .description('Ends the old secret of a rotation at once. The new one keeps working.')
  .argument('<id>', 'the id of the token, as list shows it')
  .addHelpText('after', '\nExample:\n  leastkey confirm-rotation 0NxHtBWaKLZ9gG2T')
  .action((id: string, _own: unknown, command: Command) =>
    ended(command, (operations) => operations.confirmRotation(id), 'new'),
  );

async function ended(
  command: Command,
  end: (operations: Operations) => Promise<TokenRecord>,
  left: string,
): Promise<void> {
  const target = targetOf(command);
  const record = await withOperations(target, {}, end);
  printOne(target, record, () => line`${named(record)} has only its ${left} secret now.`);
}
