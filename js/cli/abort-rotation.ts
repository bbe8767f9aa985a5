import { Command } from 'commander';
import { line } from './legible.js';
import { print, printJson } from './output.js';
import { named } from './screen.js';
import { type Target, withTokens } from './target.js';

export const abortRotation = new Command('abort-rotation')
  .summary('take the new secret of a rotation back')
  .description('Ends the new secret of a rotation, as long as its grace lasts. The old one goes on.')
  .argument('<id>', 'the id of the token, as list shows it')
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, (tokens, actor) => tokens.abortRotation(id, actor));
    if (target.json) return printJson(record);
    print(line`${named(record)} has its old secret alone.`);
  });
