/** The sources of the command line: only one file writes, and the guide has the exit codes. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandTable, withTable } from '../../scripts/cli-reference.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (...path) => readFileSync(join(root, ...path), 'utf8');

test('only output.ts writes to standard output and standard error', () => {
  const writes =
    /\b(?:stdout|stderr)\s*\.\s*(?:write|end)\b|\bconsole\s*\.|\bwriteSync\b|\bprocess\._rawDebug\b/;
  const sources = readdirSync(join(root, 'js/cli'), { recursive: true }).filter((name) =>
    name.endsWith('.ts'),
  );
  assert.ok(sources.some((name) => name.includes('commands')));
  const files = sources.filter((name) => writes.test(read('js/cli', name)));
  assert.deepEqual(files, ['output.ts']);
});

test('the guide and the help have every exit code', () => {
  const source = read('js/cli/exit-codes.ts');
  const [, exits] = /exits = \{([^}]*)\}/.exec(source);
  const codes = [...exits.matchAll(/\w+: (\d+)/g)].map(([, code]) => code);
  assert.ok(codes.length >= 5, exits);
  const [, help] = /exitHelp = `([^`]*)`/.exec(source);
  const [, guide] = read('docs/cli.md').split('## Exit codes');
  const inHelp = [...help.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => code);
  const inGuide = [...guide.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code);
  assert.deepEqual([inHelp, inGuide], [codes, codes]);
});

test('the guide has every command with its options, as they are', () => {
  const guide = read('docs', 'cli.md');
  const table = commandTable();
  assert.ok(table.split('\n').length > 35, table);
  assert.equal(guide, withTable(guide, table), 'node scripts/cli-reference.mjs writes it');
});
