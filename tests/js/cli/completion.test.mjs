/** The completion scripts, in the shells that they are for. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { deployment } from '../support/cli-process.mjs';
import { programOnTerminal } from '../support/terminal.mjs';

let site;
const file = (...names) => join(site.folder, ...names);
const environment = { PATH: process.env.PATH, TERM: 'xterm', LC_ALL: 'C.UTF-8' };

before(async () => {
  site = deployment();
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exit, stdout, stderr } = await site.leastkey(['completion', shell]);
    assert.equal(exit, 0, stderr);
    writeFileSync(file(`leastkey.${shell}`), stdout);
  }
  mkdirSync(file('files'));
  writeFileSync(file('files', 'my-catalog.json'), '{}');
});
after(() => site.remove());

/** What a line is completed with, and what is not offered there. */
const CASES = [
  ['leastkey rev', ['revoke', 'revoke-all'], ['rotate', 'accounts']],
  ['leastkey accounts d', ['delete', 'disable'], ['disable-all', 'drift']],
  ['leastkey catalog ty', ['types'], ['tree']],
  ['leastkey store ', ['check', 'copy', 'reconcile'], ['create']],
  ['leastkey create --tem', ['--template'], ['--tag', '--db']],
  ['leastkey list --d', ['--db'], ['--depth']],
  ['leastkey completion ', ['bash', 'zsh', 'fish'], ['create']],
  ['leastkey init --framework ', ['express', 'fastify', 'hono', 'koa', 'node'], ['create']],
  ['leastkey list --catalog my', ['my-catalog.json'], ['revoke']],
];

const shells = {
  async bash(line) {
    const words = line.split(' ');
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _leastkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ['--norc', '-c', script, 'bash', file('leastkey.bash'), ...words];
    return offered(await answerOf('bash', args));
  },
  async fish(line) {
    const args = ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', file('leastkey.fish'), line];
    return offered(await answerOf('fish', args)).map((entry) => entry.split('\t')[0]);
  },
  /** zsh completes on a terminal only: what it lists, or inserts if there is one. */
  async zsh(line) {
    const folder = file(`zsh-${line.replace(/\W/g, '_')}`);
    mkdirSync(folder, { recursive: true });
    const settings = `
      unset zle_bracketed_paste
      unsetopt prompt_sp
      PROMPT='> '
      zstyle ':completion:*' list-max 1000
      LISTMAX=1000
      autoload -Uz compinit && compinit -u -d "$ZDOTDIR/dump"
      source '${file('leastkey.zsh')}'
      list() { zle list-choices; zle -R; print -n '<listed>' }
      zle -N list
      ready() { print -n '<ready>' }
      zle -N zle-line-init ready
      bindkey '^X' list
      cd '${file('files')}'`;
    writeFileSync(join(folder, '.zshrc'), settings);
    const { raw, unasked } = await programOnTerminal(['zsh', '-i'], {
      environment: { ...environment, ZDOTDIR: folder },
      columns: 200,
      dialog: [
        [/<ready>/, `${line}\u0018`],
        [/<listed>/, '\u0015exit\r'],
      ],
    });
    assert.equal(unasked, 0, raw);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals
    return raw.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, ' ').split(/\s+/);
  },
};

async function answerOf(program, args) {
  const { stdout } = await promisify(execFile)(program, args, { cwd: file('files'), env: environment });
  return stdout;
}

const offered = (text) => text.split('\n').filter((line) => line !== '');

for (const [shell, complete] of Object.entries(shells)) {
  describe(`completion in ${shell}`, () => {
    for (const [line, expected, others] of CASES) {
      test(`"${line}"`, async () => {
        const words = await complete(line);
        for (const word of expected) assert.ok(words.includes(word), `${word} is not in ${words.join(' ')}`);
        for (const word of others) assert.ok(!words.includes(word), `${word} is in ${words.join(' ')}`);
      });
    }
  });
}
