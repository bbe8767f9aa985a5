import { Command } from 'commander';
import { type Target, withTokens } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { line } from '../safe-text.js';
import { named } from '../show-token.js';

export const disable = new Command('disable')
  .summary('stop a token until it is enabled again')
  .description('Stops a token until "enable". Its credential stays the same.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.disable(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} is disabled.`);
  });

export const enable = new Command('enable')
  .summary('let a disabled token work again')
  .description('Lets a disabled token work again. A revoked token stays revoked.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.enable(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} is enabled.`);
  });
