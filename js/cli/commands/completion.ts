import { Argument, Command } from 'commander';
import { completionOf, SHELLS, type Shell } from '../completion-script.js';
import { print } from '../output.js';
import { Legible } from '../safe-text.js';

export const completion = new Command('completion')
  .summary('print the completion of bash, zsh or fish')
  .description('Prints a script that completes commands, options and files in a shell.')
  .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
  .addHelpText(
    'after',
    `
Examples:
  bash: leastkey completion bash > ~/.local/share/bash-completion/completions/leastkey
  zsh:  leastkey completion zsh > "\${fpath[1]}/_leastkey"
  fish: leastkey completion fish > ~/.config/fish/completions/leastkey.fish`,
  )
  .action((shell: Shell, _own: unknown, command: Command) => {
    print(new Legible(completionOf(shell, command.parent ?? command)));
  });
