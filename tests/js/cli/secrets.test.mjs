/** No part of a credential or of a file is printed, whichever argument it was passed in. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deployment } from '../support/cli-process.mjs';

const BODY = 'C4naryC4nary'.repeat(5).slice(0, 53);
const CREDENTIAL = `acme_test_${BODY}`;

let site;
before(async () => {
  site = deployment();
  const made = ['create', '--name', 'One', '--kind', 'permission-set', '--owner', 'org:acme'];
  assert.equal((await site.leastkey([...made, '--template', 'all-channels'])).exit, 0);
});
after(() => site.remove());

/** Runs a command and asserts that no four consecutive letters of the secret are printed. */
async function silent(args, options) {
  const answer = await site.leastkey(args, options);
  const printed = answer.stdout + answer.stderr;
  for (let at = 0; at + 8 <= 12; at += 1) {
    assert.ok(!printed.includes(BODY.slice(at, at + 8)), `${args.join(' ')}\n${printed}`);
  }
  return answer;
}

/** A few at a time: each is a process. */
async function each(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker(), worker()]);
}

describe('a credential in place of another argument', () => {
  test('is refused by every command and in every global option, and not repeated', async () => {
    const { stdout } = await site.leastkey(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map(([, name]) => [name]);
    const global = [...stdout.matchAll(/^ {2}(--[a-z-]+) </gm)].map(([, option]) => ['list', option]);
    assert.ok(commands.length > 25 && global.length > 8, `${commands.length} ${global.length}`);
    await each(
      [...commands, ...global, ['catalog', 'import', '--from', 'openapi'], ['create', '--name']],
      async (args) => {
        const { exit, stderr } = await silent([...args, CREDENTIAL]);
        assert.equal(exit, 2, args.join(' '));
        assert.match(stderr, /has a credential in it/, args.join(' '));
      },
    );
  });

  test('is refused with --json too', async () => {
    const { exit, stdout, stderr } = await silent(['list', '--owner', CREDENTIAL, '--json']);
    assert.deepEqual([exit, stdout, JSON.parse(stderr).error.code], [2, '', 'usage']);
  });

  test('is not repeated if a part of it is missing, or another system issued it', async () => {
    await each(
      [CREDENTIAL.slice(0, -9), `sk_live_${BODY.slice(0, 24)}`, BODY.slice(0, 36)],
      async (secret) => {
        await each(
          [
            ['list', '--owner', secret],
            ['list', '--owner', 'org:acme', '--limit', secret],
            ['list', '--owner', 'org:acme', '--status', secret],
            ['list', '--owner', 'org:acme', '--after', secret],
            ['list', `--${secret}`],
            ['list', '--db', secret, '--owner', 'org:acme'],
            ['list', '--catalog', secret, '--owner', 'org:acme'],
            ['list', '--owner', 'org:acme', '--as-role', secret],
            ['audit', '--owner', secret],
            ['revoke', secret, '--yes'],
            ['revoke-all', '--subject', secret, '--dry-run'],
            ['create', '--name', 'Two', '--kind', secret, '--owner', 'org:acme'],
            ['create', '--name', 'Two', '--kind', 'permission-set', '--owner', secret],
            ['catalog', 'import', '--from', 'openapi', secret],
            ['import-keys', secret, '--from', 'rows'],
            [secret],
          ],
          (args) => silent(args),
        );
      },
    );
  });

  test('is not repeated from the environment', async () => {
    await each(['LEASTKEY_DB', 'LEASTKEY_CATALOG', 'LEASTKEY_IMPORTED', 'LEASTKEY_RECORD_KEY'], (name) =>
      silent(['list', '--owner', 'org:acme'], { env: { [name]: CREDENTIAL } }),
    );
  });
});

describe('a file of secrets in place of another file', () => {
  const contents = {
    'in the form of /etc/shadow': `${BODY}:$y$j9T$${BODY}:19700:0:99999:7:::\n`,
    'with one word in it': BODY,
    'of settings': `{\n  "key": "${BODY}",\n}\n`,
    'with more behind its JSON': `{} ${BODY}`,
    'with a comment': `// ${BODY}\n{}`,
    'that ends too early': `["${BODY}", "${BODY}`,
  };
  for (const [title, content] of Object.entries(contents)) {
    test(`${title}: nothing of it is printed`, async () => {
      const file = join(site.folder, 'secrets');
      writeFileSync(file, content, { mode: 0o600 });
      await each(
        [
          ['list', '--owner', 'org:acme', '--catalog', file],
          ['catalog', 'import', '--from', 'openapi', file],
          ['import-keys', file, '--from', 'rows', '--imported', 'old_'],
          ['import-keys', file, '--from', 'rows', '--imported', 'old_', '--mapping', file],
          ['list', '--owner', 'org:acme', '--record-key-file', file],
        ],
        async (args) => {
          assert.equal((await silent(args)).exit, 2, args.join(' '));
          await silent([...args, '--json']);
        },
      );
      await silent(['catalog', 'import', '--from', 'openapi', '-'], { input: content });
    });
  }

  test('a file that is not JSON is refused with the position of the error', async () => {
    const file = join(site.folder, 'catalog.json');
    for (const [content, words] of [
      ['{\n  "services": {},\n}\n', 'expected a name in double quotes in line 3, column 1'],
      ['{ "services": [1,] }', 'expected a value in line 1, column 18'],
      ["{ 'services': {} }", 'expected a name in double quotes or "}" in line 1, column 3'],
      ['{ "a" 1 }', 'expected ":" in line 1, column 7'],
      ['{ "a": 01 }', 'expected a value in line 1, column 8'],
      ['{ "a": "\n" }', 'expected a value in line 1, column 8'],
      ['[1 2]', 'expected "," or "]" in line 1, column 4'],
      ['{}\n\n{}', 'expected the end in line 3, column 1'],
      ['', 'expected a value in line 1, column 1'],
    ]) {
      writeFileSync(file, content);
      const { exit, stderr } = await site.leastkey(['list', '--owner', 'org:acme', '--catalog', file]);
      assert.equal(exit, 2, stderr);
      assert.ok(stderr.includes(`catalog.json is not JSON: ${words}\n`), `${content}: ${stderr}`);
    }
    const rows = join(site.folder, 'rows.jsonl');
    writeFileSync(rows, '{}\n{"a": }\n');
    const { stderr } = await site.leastkey(['import-keys', rows, '--from', 'rows', '--imported', 'old_']);
    assert.match(stderr, /rows\.jsonl is not JSON: expected a value in line 2, column 7\n/);
  });
});
