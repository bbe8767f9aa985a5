import { Command } from 'commander';
import type { TokenRecord } from '../../api/token.js';
import { withOperations } from '../open-deployment.js';
import type { Operations } from '../operations.js';
import { onTokens } from '../run-irreversible.js';
import { eachToken } from '../run-many.js';
import { line } from '../safe-text.js';
import { named } from '../show-token.js';
import { targetOf } from '../target.js';
import { IDS, namedTokens } from '../token-ids.js';

export const disable = new Command('disable')
  .summary('stop tokens until they are enabled again')
  .description('Stops tokens until "enable". Their credentials stay the same.')
  .argument('<id...>', IDS)
  .addHelpText('after', '\nExample:\n  leastkey disable 0NxHtBWaKLZ9gG2T')
  .action(async (ids: string[], _own: unknown, command: Command) => {
    const target = targetOf(command);
    await onTokens(ids, target, (operations, found) =>
      eachToken(found, target, (id) => operations.disable(id), said('disabled')),
    );
  });

export const enable = new Command('enable')
  .summary('let disabled tokens work again')
  .description('Lets disabled tokens work again. A revoked token stays revoked.')
  .argument('<id...>', IDS)
  .addHelpText('after', '\nExample:\n  leastkey enable 0NxHtBWaKLZ9gG2T')
  .action(async (ids: string[], _own: unknown, command: Command) => {
    const target = targetOf(command);
    const found = await namedTokens(ids);
    // Enabling asks what the actor may give, which the catalog says.
    const needs = { needsCatalog: target.url === undefined };
    await withOperations(target, needs, (operations: Operations) =>
      eachToken(found, target, (id) => operations.enable(id), said('enabled')),
    );
  });

const said = (did: string) => (record: TokenRecord) => line`${named(record)} is ${did}.`;
