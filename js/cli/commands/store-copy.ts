import { Command, InvalidArgumentError } from 'commander';
import type { Store } from '../../index.js';
import { copyStore, undoMove } from '../../stores/copy.js';
import { Declined, UsageError } from '../exit-codes.js';
import { urlOf, withStores } from '../open-url.js';
import { print, printJson } from '../output.js';
import { interruption, Progress } from '../progress.js';
import { canAsk, confirm } from '../prompt.js';
import { line } from '../safe-text.js';
import type { Target } from '../target.js';

interface Options {
  yes?: boolean;
  wait: number;
  undo?: boolean;
}

export const storeCopy = new Command('copy')
  .summary('move everything to another store')
  .description(
    'Moves the content of a store to an empty one, and compares both until they are equal. First the source is marked as ' +
      'moved: from then on its changes are refused and verifications answer store_unavailable, until the deployments use ' +
      'the target. A copy that was interrupted is continued by the same command. The source keeps its content and the mark.',
  )
  .argument('[from]', 'the URL of the source (or the environment variable LEASTKEY_STORE)')
  .argument('[to]', 'the URL of the target (or the environment variable LEASTKEY_TARGET)')
  .option('--wait <seconds>', 'the longest deadline of a call of the deployments on the source', whole, 15)
  .option('--undo', 'take the mark from the source, if nothing has used the target yet')
  .option('-y, --yes', 'do not ask; required without a terminal')
  .addHelpText('after', '\nExample:\n  leastkey store copy sqlite:./tokens.db postgres://tokens@db/tokens')
  .action(async (from: string | undefined, to: string | undefined, options: Options, command: Command) => {
    const { yes = false, undo = false, wait } = options;
    const { json = false } = command.optsWithGlobals<Target>();
    const source = urlOf(from, 'LEASTKEY_STORE');
    if (!yes && !canAsk())
      throw new UsageError(
        'a store that is moved refuses all calls, and there is no terminal to confirm it on; add --yes to confirm',
      );
    if (undo) {
      const asked = 'Has nothing used the target of the copy? Take the mark from the source?';
      if (!yes && !(await confirm(asked))) throw new Declined('nothing was changed');
      await withStores([source], {}, (store) => undoMove(store as Store));
      if (json) printJson({ undone: true });
      else print('The source can be used again.');
      return;
    }
    const target = urlOf(to, 'LEASTKEY_TARGET');
    if (source === target) throw new UsageError('the source and the target are one store');
    if (!yes && !(await confirm('From now on the source refuses all calls. Move its content?')))
      throw new Declined('nothing was changed');
    const progress = new Progress();
    const report = await withStores([source, target], { migrate: true }, (one, other) =>
      copyStore(one as Store, other as Store, {
        wait: wait * 1_000,
        signal: interruption(),
        onProgress: ({ pass, compared, written }) =>
          progress.show(line`comparison ${pass}: ${compared} keys, ${written} written`, written),
      }),
    ).finally(() => progress.end());
    if (json) printJson(report);
    else
      print(
        line`${report.keys} keys are in the target, ${report.written} of them written now. Both stores are equal.`,
      );
  });

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of seconds.');
  return Number(text);
}
