import { Command } from 'commander';
import { line } from './legible.js';
import { print, printJson } from './output.js';
import { named } from './screen.js';
import { type Target, withTokens } from './target.js';

export const confirmRotation = new Command('confirm-rotation')
  .summary('end the old secret of a token that was rotated')
  .description('Ends the old secret of a rotation at once. The new one goes on.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.confirmRotation(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} has its new secret alone.`);
  });
