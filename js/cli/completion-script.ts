/** Completion scripts from the commands and options themselves. */

import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command as completion sees it. */
interface Known {
  /** The words that lead to it: `accounts put`; empty for the program. */
  path: string;
  commands: readonly { name: string; summary: string }[];
  options: readonly Option[];
}

export function completionOf(shell: Shell, program: Command): string {
  const known = everyCommand(program, []);
  return { bash, zsh, fish }[shell](known);
}

function everyCommand(command: Command, path: readonly string[]): Known[] {
  const below = command.commands;
  const own: Known = {
    path: path.join(' '),
    commands: [
      ...below.map((one) => ({ name: one.name(), summary: one.summary() })),
      ...choicesOf(command).map((name) => ({ name, summary: '' })),
    ],
    options: command.options.filter(({ hidden }) => !hidden),
  };
  return [own, ...below.flatMap((one) => everyCommand(one, [...path, one.name()]))];
}

/** The words that an argument can be, as `bash` of `completion`. */
const choicesOf = (command: Command): readonly string[] =>
  command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);

const flagsOf = ({ short, long }: Option) => [short, long].filter((flag) => flag !== undefined);
const isFile = ({ flags }: Option) => flags.includes('<file>');
const takesValue = ({ required }: Option) => required;

/** The part that bash and zsh share: it finds the command among the words before the cursor. */
function findCommand(known: readonly Known[], word: string, found: string): string {
  const paths = known.map(({ path }) => path).filter((path) => path !== '');
  const longer = `\${${found}:+$${found} }${word}`;
  return `    case "${longer}" in
      ${paths.map((path) => `'${path}'`).join('|')}) ${found}="${longer}" ;;
    esac`;
}

function bash(known: readonly Known[]): string {
  const [root] = known;
  const all = root?.options ?? [];
  const files = unique(known.flatMap(({ options }) => options.filter(isFile).flatMap(flagsOf)));
  const valued = unique(
    known.flatMap(({ options }) =>
      options.filter((option) => takesValue(option) && !isFile(option)).flatMap(flagsOf),
    ),
  );
  const choices = known.flatMap(({ path, options }) =>
    options
      .filter(({ argChoices }) => argChoices !== undefined)
      .flatMap((option) =>
        flagsOf(option).map((flag) => `    '${path} ${flag}') words='${option.argChoices?.join(' ')}' ;;`),
      ),
  );
  const words = known.map(
    ({ path, commands, options }) =>
      `    '${path}') words='${[...commands.map(({ name }) => name), ...options.flatMap(flagsOf), '--help', ...(path === '' ? [] : all.flatMap(flagsOf))].join(' ')}' ;;`,
  );
  return `# Completion of leastkey for bash. Written by: leastkey completion bash
_leastkey() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${findCommand(known, '$word', 'path')}
  done
  case "$path $previous" in
${choices.join('\n')}
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$previous" in
    ${files.join('|')})
      COMPREPLY=($(compgen -f -- "$current"))
      return ;;
    ${valued.join('|')})
      COMPREPLY=()
      return ;;
  esac
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 && $current != -* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _leastkey leastkey`;
}

function zsh(known: readonly Known[]): string {
  const [root] = known;
  const all = root?.options ?? [];
  const described = (name: string, text: string) => `'${name.replace(/:/g, '\\:')}:${plain(text)}'`;
  const cases = known.map(({ path, commands, options }) => {
    const flags = [...options, ...(path === '' ? [] : all)].flatMap((option) =>
      flagsOf(option).map((flag) => described(flag, option.description)),
    );
    return `    '${path}')
      commands=(${commands.map(({ name, summary }) => described(name, summary)).join(' ')})
      options=(${flags.join(' ')}) ;;`;
  });
  const choices = known.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      (option.argChoices === undefined ? [] : flagsOf(option)).map(
        (flag) => `    '${path} ${flag}') choices=(${option.argChoices?.join(' ')}) ;;`,
      ),
    ),
  );
  const files = unique(known.flatMap(({ options }) => options.filter(isFile).flatMap(flagsOf)));
  return `#compdef leastkey
# Completion of leastkey for zsh. Written by: leastkey completion zsh
_leastkey() {
  # Not "path", which is the PATH of zsh.
  local found='' word
  local -a commands options choices
  for word in \${words[2,CURRENT-1]}; do
${findCommand(known, '$word', 'found')}
  done
  case "$found \${words[CURRENT-1]}" in
${choices.join('\n')}
  esac
  if (( \${#choices} )); then
    compadd -a choices
    return
  fi
  case "\${words[CURRENT-1]}" in
    ${files.join('|')}) _files; return ;;
  esac
  case "$found" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe 'option' options
  elif (( \${#commands} )); then
    _describe 'command' commands
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _leastkey ]]; then
  _leastkey "$@"
else
  compdef _leastkey leastkey
fi`;
}

function fish(known: readonly Known[]): string {
  const lines = known.flatMap(({ path, commands, options }) => {
    const names = path === '' ? [] : path.split(' ');
    const [group] = names;
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const below = commands.map(({ name }) => name).join(' ');
    const here =
      path === ''
        ? '"not __fish_seen_subcommand_from $leastkey"'
        : `'__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${below}'`;
    return [
      ...commands.map(
        ({ name, summary }) => `complete -c leastkey -f -n ${here} -a ${name} -d '${plain(summary)}'`,
      ),
      ...options.map((option) => fishOption(option, path === '' ? undefined : seen)),
    ];
  });
  const top = known[0]?.commands.map(({ name }) => name).join(' ');
  return `# Completion of leastkey for fish. Written by: leastkey completion fish
set -l leastkey ${top}
${lines.join('\n')}`;
}

function fishOption(option: Option, condition: string | undefined): string {
  const { short, long, description, argChoices } = option;
  return [
    'complete -c leastkey',
    ...(condition === undefined ? [] : [`-n '${condition}'`]),
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
    ...(takesValue(option) ? [isFile(option) ? '-r -F' : '-x'] : []),
    ...(argChoices === undefined ? [] : [`-a '${argChoices.join(' ')}'`]),
    `-d '${plain(description)}'`,
  ].join(' ');
}

/** A description for a shell's single quotes: without quotes, brackets and backslashes. */
const plain = (text: string) => text.replace(/['\\[\]$`]/g, '').replaceAll('\n', ' ');

const unique = (words: readonly string[]) => [...new Set(words)];
