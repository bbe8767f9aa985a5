import { Command } from 'commander';
import type { RotateOptions } from '../../index.js';
import { type Target, withTokens } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { handOver } from '../print-credential.js';
import { line, paint } from '../safe-text.js';
import { instant, named } from '../show-token.js';

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
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const options = command.opts<RotateOptions>();
    await withTokens(target, { needsPrefix: true }, async (tokens, actor) => {
      const rotated = await tokens.rotate(id, options, actor);
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
    });
  });

export const abortRotation = new Command('abort-rotation')
  .summary('discard the new secret of a rotation')
  .description('Ends the new secret of a rotation, during its grace period. The old one keeps working.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.abortRotation(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} has only its old secret now.`);
  });

export const confirmRotation = new Command('confirm-rotation')
  .summary('end the old secret of a token that was rotated')
  .description('Ends the old secret of a rotation at once. The new one keeps working.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.confirmRotation(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} has only its new secret now.`);
  });
