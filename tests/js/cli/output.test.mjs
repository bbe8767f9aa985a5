/**
 * The output of the command line: a credential is printed or its loss is reported, and nothing that
 * is printed controls the terminal.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from '../support/cli-process.mjs';

const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));
const make = ['create', '--name', 'Nightly', '--kind', 'permission-set', '--owner', 'org:acme'];
const create = [...make, '--template', 'all-channels'];

/** The exit code for "done, but the answer could not be written to standard output". */
const UNWRITTEN = 4;

let site;
before(async () => {
  site = deployment();
  assert.equal((await site.leastkey(create)).exit, 0);
});
after(() => site.remove());

/** Runs a command whose standard output is a file, or, for `undefined`, a pipe without a reader. */
async function into(file, args) {
  const descriptor = file === undefined ? undefined : openSync(file, 'w');
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, ...site.environment },
    stdio: ['ignore', descriptor ?? 'pipe', 'pipe'],
  });
  child.stdout?.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = await new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  if (descriptor !== undefined) closeSync(descriptor);
  return { exit, stderr };
}

/** Runs the command that a message on standard error suggested. */
function follow(stderr, verb) {
  const [, words] = new RegExp(`end it: leastkey (${verb} [^\\n]*)`).exec(stderr) ?? [];
  assert.ok(words, stderr);
  return site.leastkey(words.split(' '));
}

const living = async () => {
  const { items } = (await site.leastkey(['list', '--owner', 'org:acme', '--all', '--json'])).json();
  return items.filter(({ status }) => status === 'active').length;
};

describe('a credential that cannot be printed', () => {
  for (const [title, file] of [
    ['on a full disk', '/dev/full'],
    ['into a closed pipe', undefined],
  ]) {
    test(`${title}: create exits ${UNWRITTEN}, and says how to revoke it`, async () => {
      const before = await living();
      const { exit, stderr } = await into(file, create);
      assert.equal(exit, UNWRITTEN, stderr);
      assert.doesNotMatch(stderr, /acme_test_/);
      assert.equal(await living(), before + 1);
      const followed = await follow(stderr, 'revoke');
      assert.equal(followed.exit, 0, followed.stderr);
      assert.equal(await living(), before);
    });

    test(`${title}: --json has the id`, async () => {
      const { exit, stderr } = await into(file, [...create, '--json']);
      assert.equal(exit, UNWRITTEN, stderr);
      const { code, id, message } = JSON.parse(stderr).error;
      assert.equal(code, 'credential_lost');
      assert.ok(message.endsWith(`end it: leastkey revoke ${id} --yes`), message);
      assert.equal((await site.leastkey(['revoke', id, '--yes'])).exit, 0);
    });

    test(`${title}: rotate exits ${UNWRITTEN}, and the rotation can be aborted`, async () => {
      const { token, record } = (await site.leastkey([...create, '--json'])).json();
      const { exit, stderr } = await into(file, ['rotate', record.id, '--grace', '1h']);
      assert.equal(exit, UNWRITTEN, stderr);
      const followed = await follow(stderr, 'abort-rotation');
      assert.equal(followed.exit, 0, followed.stderr);
      assert.equal((await site.leastkey(['verify'], { input: token })).exit, 0);
    });
  }

  test('other output has the same exit code on a full disk, and a closed pipe is no failure', async () => {
    for (const args of [
      ['list', '--owner', 'org:acme'],
      ['audit', '--owner', 'org:acme', '--export'],
      ['--help'],
    ]) {
      const full = await into('/dev/full', args);
      assert.equal(full.exit, UNWRITTEN, full.stderr);
      assert.equal(full.stderr, 'leastkey: standard output did not take the answer: ENOSPC\n');
      assert.deepEqual(await into(undefined, args), { exit: 0, stderr: '' });
    }
  });
});

describe('a credential is printed before the store is closed', () => {
  /** Runs a command in a process where closing the database is replaced. */
  async function closing(how, args) {
    const preload = join(site.folder, 'close.mjs');
    const driver = `import { createRequire } from 'node:module';
      const require = createRequire(${JSON.stringify(bin)});
      require('libsql').prototype.close = function () { ${how} };`;
    writeFileSync(preload, driver);
    return site.leastkey(args, { env: { NODE_OPTIONS: `--import ${preload}` } });
  }

  test('a failed close() is reported, and is no reason to make another token', async () => {
    const { exit, stdout, stderr } = await closing("throw new Error('disk I/O error')", create);
    assert.equal(exit, 0, stderr);
    assert.match(
      stderr,
      /the database could not be closed \(disk I\/O error\); the command itself succeeded/,
    );
    assert.equal((await site.leastkey(['verify'], { input: stdout })).exit, 0);
  });

  test('a process that dies in close() has printed it', async () => {
    const { exit, stdout } = await closing("process.kill(process.pid, 'SIGKILL')", create);
    assert.equal(exit, 'SIGKILL');
    assert.equal((await site.leastkey(['verify'], { input: stdout })).exit, 0);
  });
});

/** Runs a command on a pseudo-terminal and returns what it displays. */
async function onTerminal(args) {
  const typescript = join(site.folder, 'typescript');
  const quoted = [process.execPath, bin, ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const child = spawn('script', ['-qefc', quoted, typescript], {
    env: { PATH: process.env.PATH, TERM: 'dumb', SHELL: '/bin/sh', ...site.environment },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exit = await new Promise((resolve) => child.once('close', resolve));
  const [, ...lines] = readFileSync(typescript, 'utf8').split(/\r?\n/);
  return { exit, text: lines.filter((line) => !line.startsWith('Script ')).join('\n') };
}

test('on a terminal a credential is shown once', async () => {
  const { exit, text } = await onTerminal(create);
  assert.equal(exit, 0, text);
  assert.match(text, /Token created\.[\s\S]*shown this once[\s\S]*\nacme_test_[0-9A-Za-z]{53}\n/);
  assert.equal(text.match(/acme_test_/g).length, 1);
});

describe('printed text cannot control the terminal', () => {
  // 7-bit and 8-bit escape sequences, line breaks that fake a new line of output, and characters
  // that change the direction of text.
  const HOSTILE = 'x\u001b[2J\u009b31m\r\nFORGED: all is well\u2028FORGED\u202etxet\u2066\u200f\u0007';
  const UNSAFE = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

  function assertLegible({ stdout, stderr, text = '' }, what) {
    for (const printed of [stdout ?? '', stderr ?? '', text]) {
      assert.doesNotMatch(printed, UNSAFE, `${what}: ${JSON.stringify(printed)}`);
      assert.doesNotMatch(printed, /^\s*FORGED/m, `${what}: ${printed}`);
    }
  }

  let id;
  before(async () => {
    const made = [...create.with(6, 'org:hostile'), '--json'];
    id = (await site.leastkey(made)).json().record.id;
    await site.leastkey(['disable', id]);
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    const evil = JSON.stringify(HOSTILE).slice(1, -1);
    for (const { key, value } of store.list({ prefix: '', limit: 1_000 })) {
      if (key !== `token/${id}` && !key.startsWith('audit/org:hostile')) continue;
      const changed = value
        .replaceAll('"permission-set"', `"${evil}"`)
        .replaceAll('"all-channels"', `"${evil}"`)
        .replaceAll('"after":{', `"after":{"${evil}":1,`);
      assert.notEqual(changed, value);
      store.commit([{ key, value: changed }]);
    }
    store.close();
  });

  test('of a store that another program wrote to', async () => {
    const commands = [
      ['list', '--owner', 'org:hostile'],
      ['list', '--owner', 'org:hostile', '--json'],
      ['audit', '--owner', 'org:hostile'],
      ['audit', '--owner', 'org:hostile', '--json'],
      ['audit', '--owner', 'org:hostile', '--export'],
      ['verify-audit', '--owner', 'org:hostile'],
      ['revoke', id, '--dry-run'],
      ['revoke', id, '--dry-run', '--json'],
      ['revoke-all', '--owner', 'org:hostile', '--dry-run'],
      ['rotate', id],
      ['edit', id, '--tag', 'x'],
      ['enable', id],
      ['enable', id, '--json'],
    ];
    let hostile = 0;
    for (const args of commands) {
      const answer = await site.leastkey(args);
      assertLegible(answer, args.join(' '));
      if (/\\u\{?0*1b/.test(answer.stdout + answer.stderr)) hostile += 1;
    }
    assert.ok(hostile >= 6, `${hostile} commands met it`);
    assertLegible(await onTerminal(['audit', '--owner', 'org:hostile']), 'audit on a terminal');
    assertLegible(await onTerminal(['list', '--owner', 'org:hostile']), 'list on a terminal');
  });

  test('JSON has the same values', async () => {
    const { stdout } = await site.leastkey(['list', '--owner', 'org:hostile', '--json']);
    assert.match(stdout, /\\u009b31m\\r\\n/);
    assert.equal(JSON.parse(stdout).items[0].kind, HOSTILE);
  });

  test('of the command line and the files that it names', async () => {
    const file = join(site.folder, 'scopes.txt');
    writeFileSync(file, `a:b # ${HOSTILE}\n${HOSTILE.replaceAll(/\s/g, '')}${'y'.repeat(90)}:z:`);
    const document = join(site.folder, 'openapi.json');
    const operation = { security: [{ a: ['a:b'] }] };
    writeFileSync(
      document,
      JSON.stringify({
        openapi: '3.0.0',
        info: { title: HOSTILE },
        paths: { [`/${HOSTILE}`]: { get: operation } },
      }),
    );
    for (const args of [
      ['list', '--owner', HOSTILE],
      ['list', '--owner', 'org:acme', '--limit', HOSTILE],
      ['list', `--${HOSTILE}`],
      ['list', '--owner', 'org:acme', '--db', HOSTILE],
      ['list', '--owner', 'org:acme', '--catalog', HOSTILE],
      ['list', '--owner', 'org:acme', '--catalog', HOSTILE, '--json'],
      ['revoke', HOSTILE, '--yes'],
      ['revoke', HOSTILE, '--yes', '--json'],
      [...make, '--template', HOSTILE],
      [...create, '--description', HOSTILE],
      [HOSTILE],
      ['catalog', 'import', '--from', 'scopes', file],
      ['catalog', 'import', '--from', 'openapi', document],
      ['catalog', 'import', '--from', 'openapi', document, '--json'],
    ]) {
      assertLegible(await site.leastkey(args), args.join(' '));
    }
  });

  test('metadata of the owner is shown with its control characters escaped', async () => {
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    const { createTokens } = await import('leastkey');
    const catalog = JSON.parse(readFileSync(site.environment.LEASTKEY_CATALOG, 'utf8'));
    const tokens = await createTokens({ catalog, store, prefix: 'acme_test' });
    const input = { kind: 'permission-set', name: 'Noted', owner: 'org:noted', templates: ['all-channels'] };
    const actor = { id: 'cli', roles: { '': 'admin' } };
    const { record } = await tokens.create({ ...input, metadata: { note: '\u009b2J\u202e' } }, actor);
    store.close();
    const { stdout } = await site.leastkey(['revoke', record.id, '--dry-run']);
    assert.match(stdout, /metadata +\{"note":"\\u\{9b\}2J\\u\{202e\}"\}/);
    assertLegible({ stdout }, 'revoke --dry-run');
  });
});
