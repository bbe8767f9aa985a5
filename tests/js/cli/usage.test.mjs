import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deployment, sender } from '../support/cli-process.mjs';

let site;
before(() => {
  site = deployment();
});
after(() => site.remove());

/** A command with a usage error: exit 2, nothing on standard output, and a message that helps. */
function refuses(title, args, words, options) {
  test(title, async () => {
    const answer = await site.leastkey(args, options);
    assert.deepEqual([answer.exit, answer.stdout], [2, ''], answer.stderr);
    assert.match(answer.stderr, words);
  });
}

describe('help', () => {
  test('lists the commands, the exit codes and who is acting', async () => {
    const help = await site.leastkey(['--help']);
    assert.equal(help.exit, 0);
    for (const command of ['create', 'list', 'verify', 'disable', 'enable', 'revoke', 'delete']) {
      assert.match(help.stdout, new RegExp(`^  ${command} `, 'm'));
    }
    assert.match(help.stdout, /Exit codes:\n {2}0 /);
    assert.match(help.stdout, /The actor:/);
  });

  test('each command has its own, which names where the others are', async () => {
    const help = await site.leastkey(['revoke', '--help']);
    assert.equal(help.exit, 0);
    assert.match(help.stdout, /--dry-run/);
    assert.doesNotMatch(help.stdout, /--db <file>/);
    assert.match(help.stdout, /Options of every command.*leastkey --help/);
  });

  test('the version is the one of the package', async () => {
    const version = await site.leastkey(['--version']);
    assert.equal(version.exit, 0);
    assert.match(version.stdout, /^\d+\.\d+\.\d+/);
  });

  test('no command is an error', async () => {
    assert.equal((await site.leastkey([])).exit, 2);
  });
});

describe('mistakes', () => {
  refuses(
    'an unknown option',
    ['list', '--ownr', 'org:acme'],
    /^leastkey: unknown option --ownr; did you mean --owner\?\n$/,
  );
  refuses('an unknown command', ['revok', 'x'], /^leastkey: unknown command revok; did you mean revoke\?\n$/);
  refuses('a missing option', ['list'], /--owner <resource>/);
  refuses('no database', ['list', '--owner', 'org:acme'], /--db.*LEASTKEY_DB/, {
    env: { LEASTKEY_DB: undefined },
  });
  refuses('no catalog', ['create', ...sender], /--catalog.*LEASTKEY_CATALOG/, {
    env: { LEASTKEY_CATALOG: undefined },
  });
  refuses('no prefix', ['create', ...sender], /--prefix.*LEASTKEY_PREFIX/, {
    env: { LEASTKEY_PREFIX: undefined },
  });
  refuses('a catalog that is not there', ['create', ...sender, '--catalog', 'nowhere.json'], /nowhere\.json/);
  refuses(
    'a template that is not there',
    ['create', ...sender, '--template', 'all-chanels'],
    /all-chanels[\s\S]*all-channels/,
  );
  refuses('a lifetime that cannot be read', ['create', ...sender, '--expires-in', 'soon'], /soon/);
  refuses('a day that does not exist', ['create', ...sender, '--expires-at', '2027-02-31'], /2027-01-31/);
  refuses('a page of nothing', ['list', '--owner', 'org:acme', '--limit', '0'], /1 or more/);
  refuses('a resource without a permission', ['verify', '--resource', 'org:acme'], /--require/);
  refuses('an empty standard input', ['verify'], /no credential/);
  refuses('a flood on standard input', ['verify'], /more than a credential/, { input: 'x'.repeat(100_000) });

  test('reading does not create a database', async () => {
    const nowhere = join(site.folder, 'other.db');
    for (const args of [
      ['list', '--owner', 'org:acme'],
      ['revoke', '0', '--yes'],
    ]) {
      const answer = await site.leastkey([...args, '--db', nowhere]);
      assert.equal(answer.exit, 2);
      assert.match(answer.stderr, /there is no database/);
    }
    assert.ok(!existsSync(nowhere));
  });

  test('every problem of a catalog is printed with its path', async () => {
    const catalog = join(site.folder, 'wrong.json');
    writeFileSync(
      catalog,
      '{ "services": { "a": { "permissions": { "b": { "imples": [] } } } }, "templates": { "t": { "permissions": ["c:*"] } } }',
    );
    const answer = await site.leastkey(['create', ...sender, '--catalog', catalog]);
    assert.equal(answer.exit, 2);
    assert.match(answer.stderr, /imples/);
    assert.match(answer.stderr, /c:\*/);
  });

  test('a file that is not a database exits 3', async () => {
    const file = join(site.folder, 'text.db');
    writeFileSync(file, 'This is not a database. '.repeat(100));
    const answer = await site.leastkey(['list', '--owner', 'org:acme', '--db', file, '--json']);
    assert.equal(answer.exit, 3, answer.stderr);
    assert.equal(JSON.parse(answer.stderr).error.code, 'store_unavailable');
  });
});

describe('secrets', () => {
  const canary = `acme_test_${'C4naryC4nary'.repeat(5).slice(0, 53)}`;

  test('a credential on the command line is refused and not repeated', async () => {
    for (const args of [['verify', canary], ['verify', '-', canary], [canary], ['revoke', '--yes', canary]]) {
      const answer = await site.leastkey(args, { input: '' });
      assert.ok([1, 2].includes(answer.exit), args.join(' '));
      assert.ok(!`${answer.stdout}${answer.stderr}`.includes(canary), args.join(' '));
    }
  });

  test('a refused credential is not repeated', async () => {
    const made = await site.leastkey(['create', ...sender, '--json']);
    const { token } = made.json();
    const altered = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    const refused = await site.leastkey(['verify', '--json'], { input: altered });
    assert.equal(refused.exit, 1);
    assert.equal(refused.json().code, 'bad_checksum');
    assert.equal(refused.json().wrong, 'checksum');
    assert.ok(!`${refused.stdout}${refused.stderr}`.includes(altered));
    const cut = await site.leastkey(['verify'], { input: token.slice(0, -1) });
    assert.match(cut.stdout, /^refused: malformed\n.*wrong +length: /);
    assert.ok(!`${cut.stdout}${cut.stderr}`.includes(token.slice(20, 50)));
  });
});

test('a reader that closes the pipe is no failure', async () => {
  const { spawn } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');
  const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));
  const child = spawn(process.execPath, [bin, 'list', '--owner', 'org:acme', '--json'], {
    env: { ...process.env, ...site.environment },
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = await new Promise((resolve) => child.once('close', resolve));
  assert.deepEqual([exit, stderr], [0, '']);
});
