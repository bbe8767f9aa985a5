/**
 * The table of commands in docs/cli.md, from the commands themselves: `node
 * scripts/cli-reference.mjs`
 * writes it, after a build.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inClone, packageFolder } from './paths.mjs';

const guide = inClone('docs/cli.md');
const START = '<!-- from the commands: node scripts/cli-reference.mjs -->\n';
const END = '<!-- end -->\n';

/**
 * The table, by the completion script of the built command line: it has each command and option
 * with
 * its text.
 */
export function commandTable() {
  const script = execFileSync(process.execPath, [`${packageFolder}/cli/main.js`, 'completion', 'fish'], {
    encoding: 'utf8',
  });
  const rows = new Map();
  for (const line of script.split('\n')) {
    const command = /-n ['"](?:__fish_seen_subcommand_from (\S+); and )?not .*['"] -a (\S+) -d '(.*)'$/.exec(
      line,
    );
    if (command !== null) {
      const [, group, name, summary] = command;
      // A word that an argument can be.
      if (summary === '') continue;
      rows.set(group === undefined ? name : `${group} ${name}`, { summary, options: [] });
      continue;
    }
    const option = /-n '([^']*)'.* -l ([\w-]+)/.exec(line);
    if (option === null) continue;
    const words = [...option[1].matchAll(/__fish_seen_subcommand_from ([\w-]+)/g)].map(([, word]) => word);
    rows.get(words.join(' '))?.options.push(`--${option[2]}`);
  }
  const groups = new Set(
    [...rows.keys()].filter((path) => path.includes(' ')).map((path) => path.split(' ')[0]),
  );
  const lines = [...rows]
    .filter(([path]) => !groups.has(path))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, { summary, options }]) => `| \`${path}\` | ${summary} | ${code(options)} |`);
  return ['| command | does | options |', '|---|---|---|', ...lines, ''].join('\n');
}

const code = (words) => words.map((word) => `\`${word}\``).join(' ');

/** The text of the guide with this table. */
export function withTable(text, table) {
  const from = text.indexOf(START) + START.length;
  return `${text.slice(0, from)}\n${table}\n${text.slice(text.indexOf(END))}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(guide, withTable(readFileSync(guide, 'utf8'), commandTable()));
}
