/**
 * The walks that `npm start` prints, pasted into a shell on a pseudo-terminal: every line does what
 * the heading before it says, and no command takes the next line for the answer to a question.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { walks } from '../../../examples/server/walks.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const serve = new URL('../../../examples/server/serve.mjs', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'leastkey-paste-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let server;
let printed;
before(async () => {
  const source = `import { serve } from ${JSON.stringify(serve.href)};
    await serve({ port: 0, data: ${JSON.stringify(folder)} });`;
  server = spawn(process.execPath, ['--input-type=module', '-e', source], { cwd: root });
  printed = await new Promise((resolve) => {
    let text = '';
    server.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (text.includes('Ctrl-C stops it.')) resolve(text);
    });
    server.once('close', () => resolve(text));
  });
});
after(() => server.kill('SIGKILL'));

/** Pastes a text into an interactive shell on a pseudo-terminal, and returns what that displays. */
async function paste(text) {
  const typescript = join(folder, 'typescript');
  const shell = spawn('script', ['-qfc', 'bash --norc --noprofile -i', typescript], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: folder, TERM: 'dumb', SHELL: '/bin/bash', PS1: '$ ' },
    stdio: ['pipe', 'ignore', 'ignore'],
    // A command that asks something gets no answer.
    timeout: 60_000,
  });
  shell.stdin.end(`${text}exit\n`);
  await new Promise((resolve) => shell.once('close', resolve));
  return readFileSync(typescript, 'utf8').replaceAll('\r', '');
}

/** The indented lines of the block of a walk. */
function blockOf({ title }) {
  const lines = printed.split('\n');
  const rest = lines.slice(lines.indexOf(title) + 1);
  const from = rest.findIndex((line) => line.startsWith('    TOKEN='));
  const to = rest.findIndex((line, at) => at > from && line === '');
  return `${rest.slice(from, to).join('\n')}\n`;
}

describe('a printed walk, pasted', () => {
  test('the address is the first line, and again the last one', () => {
    const lines = printed.trim().split('\n');
    for (const line of [lines.at(0), lines.at(-1)]) {
      assert.match(line, /^http:\/\/127\.0\.0\.1:\d+\/ {2}the portal/);
    }
    assert.match(lines[1], /^This is a demo: .*no proxy/);
  });

  for (const walk of walks) {
    test(walk.title, async () => {
      const block = blockOf(walk);
      const headings = [...block.matchAll(/echo '# (.*) \((?:expect (?:exit code )?(\d+)|kept in \w+)\)'/g)];
      assert.equal(headings.length, walk.steps({ id: 'x', name: 'x' }).length);
      const expected = headings.flatMap(([, title, code]) => (code === undefined ? [] : [[title, code]]));
      const shown = await paste(block);
      const codes = [...shown.matchAll(/^(?:HTTP\/1\.1|exit code) (\d+)/gm)].map(([, code]) => code);
      assert.deepEqual(
        codes.map((code, at) => [expected[at]?.[0], code]),
        expected,
        shown,
      );
    });
  }
});
