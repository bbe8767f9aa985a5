import { Command } from 'commander';
import type { Actor } from '../../api/token.js';
import { withOperations } from '../open-deployment.js';
import { printOne } from '../print-result.js';
import { facts } from '../show-token.js';
import { type Target, targetOf } from '../target.js';

export const whoami = new Command('whoami')
  .summary('show where the tokens are, and who acts')
  .description(
    'Shows where the tokens are, the prefix of credentials, and the actor of commands. Over --url it asks the API.',
  )
  .addHelpText('after', '\nExample:\n  leastkey whoami --url https://api.example')
  .action(async (_own: unknown, command: Command) => {
    const target = targetOf(command);
    const found = await withOperations(target, {}, async (operations) => {
      const { prefix } = await operations.deployment();
      return { place: placeOf(target), prefix, actor: await operations.actor() };
    });
    printOne(target, found, () =>
      facts(process.stdout, [
        ['tokens', found.place],
        ['prefix', found.prefix],
        ['actor', nameOf(found.actor)],
        ['roles', rolesOf(found.actor)],
      ]),
    );
  });

/** Without a password. */
function placeOf({ url, store, db }: Target): string {
  if (url !== undefined) return url;
  return store?.replace(/^([^:]*:\/\/[^:@/]*):[^@]*@/, '$1@').replace(/[?#].*$/, '') ?? db ?? '';
}

const nameOf = (actor: Actor) => ('token' in actor ? `token ${actor.token}` : actor.id);

function rolesOf(actor: Actor): string[] | undefined {
  if ('token' in actor) return undefined;
  return Object.entries(actor.roles ?? {}).map(([resource, role]) => `${resource || '(everything)'}=${role}`);
}
