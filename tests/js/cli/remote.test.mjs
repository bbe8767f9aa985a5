/** The command line over HTTP: `leastkey serve`, and commands with --url. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deployment, sender } from '../support/cli-process.mjs';

const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));

let site;
let server;
let url;
let key;
before(async () => {
  site = deployment('four-systems');
  server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json'], {
    env: { PATH: process.env.PATH, ...site.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = await new Promise((resolve) => {
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
      if (printed.includes('}')) resolve(printed);
    });
    server.once('close', () => resolve(printed));
  });
  ({ url, key } = JSON.parse(text));
});
after(() => {
  server.kill('SIGKILL');
  site.remove();
});

/** A command with no store and no catalog, over HTTP. */
const remote = (args, { env = {}, ...options } = {}) =>
  site.leastkey(args, {
    ...options,
    env: {
      ...Object.fromEntries(Object.keys(site.environment).map((name) => [name, undefined])),
      LEASTKEY_URL: url,
      LEASTKEY_API_TOKEN: key,
      ...env,
    },
  });

describe('over HTTP', () => {
  test('every command that the API has a route for', async () => {
    const made = await remote(['create', ...sender, '--json']);
    assert.equal(made.exit, 0, made.stderr);
    const { token, record } = made.json();
    const { id } = record;
    const second = (await remote(['create', ...sender, '-n', 'Second', '-q'])).stdout.trim();
    for (const [args, shown] of [
      [['whoami'], new RegExp(`tokens +${url}\\n.*prefix +acme_test\\n.*actor +cli`)],
      [['get', id], /name +Sender/],
      [['list', '-o', 'org:acme', '-q'], new RegExp(`^\\w{16}\\n${id}\\n$`)],
      [['usage', id], /last used +never/],
      [['edit', id, '--credits', '10', '--ip', '127.0.0.0/8'], /limits +\{"credits":\{"amount":10\}\}/],
      [['disable', id], /is disabled/],
      [['enable', id], /is enabled/],
      [['rotate', id, '--grace', '1h'], /^acme_test_/],
      [['abort-rotation', id], /only its old secret/],
      [['rotate', id, '--grace', '1h'], /^acme_test_/],
      [['confirm-rotation', id], /only its new secret/],
      [['resolve', '-t', 'all-channels'], /messages:send/],
      [['suggest', 'messages:send'], /--template all-channels/],
      [['drift', '-o', 'org:acme'], /^$/],
      [['audit', '-o', 'org:acme'], /create/],
      [['audit', '-o', 'org:acme', '--export'], /^\{"v":/],
      [['accounts', 'put', 'user:7', '--role', 'user:7=user'], /is registered/],
      [['accounts', 'get', 'user:7'], /type +owner/],
      [['accounts', 'disable', 'user:7'], /is disabled/],
      [['accounts', 'enable', 'user:7'], /is enabled/],
      [['accounts', 'delete', 'user:7', '--yes'], /is deleted/],
      [['revoke', id, '--yes', '--reason', 'over'], /is revoked/],
      [['delete', id, '--yes'], /is deleted/],
      [['revoke-all', '-o', 'org:acme', '--dry-run'], /^\w{16}\n$/],
      [['revoke-all', '-o', 'org:acme', '--yes', '--json'], /"revoked": 1/],
    ]) {
      const { exit, stdout, stderr } = await remote(args);
      assert.equal(exit, 0, `${args.join(' ')}: ${stderr}`);
      assert.match(stdout, shown, args.join(' '));
    }
    for (const credential of [token, second]) {
      const verified = await site.leastkey(['verify'], { input: credential });
      assert.equal(verified.exit, 1, verified.stdout);
    }
  });

  test('exchange gives a session for a credential, with no other one', async () => {
    const parent = (await remote(['create', ...sender, '-o', 'org:exchange', '-q'])).stdout.trim();
    const env = { LEASTKEY_API_TOKEN: undefined };
    const exchange = (...args) => remote(['exchange', ...args], { env, input: parent });
    const { exit, stdout, stderr } = await exchange('--permission', 'messages:status');
    assert.equal(exit, 0, stderr);
    assert.match(stderr, /permissions +messages:status\n +expires +in \d+ seconds/);
    const verified = await site.leastkey(['verify', '--require', 'messages:status'], {
      input: stdout.trim(),
    });
    assert.equal(verified.exit, 0, verified.stderr);
    const { token, permissions, expiresIn } = (await exchange('--json')).json();
    assert.match(token, /^acme_test_/);
    assert.deepEqual(permissions, ['messages:send', 'messages:status']);
    assert.match(expiresIn, /^\d+s$/);
    const named = await exchange('--expires-in', '5m');
    assert.deepEqual([named.exit, named.stdout], [2, '']);
    assert.match(named.stderr, /^leastkey: --expires-in: the API decides that/);
    const wrong = await remote(['exchange'], { env, input: `${parent.slice(0, -1)}x` });
    assert.equal(wrong.exit, 1, wrong.stderr);
  });

  test('catalog diff says which tokens a new catalog touches', async () => {
    const made = (await remote(['create', ...sender, '-o', 'org:diff', '--json'])).json().record;
    const [old, next] = ['old.json', 'next.json'].map((name) => join(site.folder, name));
    const catalog = JSON.parse(readFileSync(site.environment.LEASTKEY_CATALOG, 'utf8'));
    writeFileSync(old, JSON.stringify(catalog));
    catalog.templates['all-channels'].permissions = ['branch:**'];
    writeFileSync(next, JSON.stringify(catalog));
    const diff = (...more) => remote(['catalog', 'diff', old, next, '--tokens', '--json', ...more]);
    const { exit, stderr, json } = await diff();
    assert.equal(exit, 0, stderr);
    const { touched } = json();
    assert.deepEqual(
      touched.tokens.filter(({ owner }) => owner === 'org:diff').map(({ id, templates }) => [id, templates]),
      [[made.id, ['all-channels']]],
    );
    assert.equal((await diff('--owner', 'org:diff')).json().touched.scanned, 1);
    assert.equal((await diff('--owner', 'org:nobody')).json().touched.scanned, 0);
  });

  test('a dry run takes all pages of the server', async () => {
    const asked = [];
    const fake = createServer(async (request, response) => {
      asked.push(JSON.parse((await request.toArray()).join('')).after);
      const page = { already: 0, scanned: 2, notAllowed: [], unreadable: [] };
      const pages = {
        undefined: { complete: false, ids: ['a'], next: 'one', ...page },
        one: { complete: false, ids: ['b'], next: 'two', ...page },
        two: { complete: true, ids: ['c'], ...page },
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(pages[asked.at(-1)]));
    });
    await new Promise((resolve) => fake.listen(0, '127.0.0.1', resolve));
    const env = { LEASTKEY_URL: `http://127.0.0.1:${fake.address().port}` };
    try {
      const { exit, stdout, stderr } = await remote(['revoke-all', '-o', 'org:acme', '--dry-run'], { env });
      assert.equal(exit, 0, stderr);
      assert.deepEqual(asked, [undefined, 'one', 'two']);
      assert.equal(stdout, 'a\nb\nc\n');
      assert.match(stderr, /Would revoke 3 of 6 tokens\. Nothing was changed\./);
    } finally {
      fake.close();
    }
  });

  test('a token of the deployment acts as itself', async () => {
    const grant = ['-k', 'organization', '-o', 'org:acme', '--role', 'admin', '--expires-in', '1h'];
    const admin = (await remote(['create', '-n', 'Admin', ...grant, '-q'])).stdout.trim();
    const as = { env: { LEASTKEY_API_TOKEN: admin } };
    assert.match((await remote(['whoami'], as)).stdout, /actor +token \w{16}\n/);
    const group = ['-k', 'group', '-o', 'org:acme/group:eng', '--expires-in', '30m', '-q'];
    assert.match((await remote(['create', '-n', 'CI', ...group], as)).stdout, /^acme_test_/);
    assert.equal((await remote(['list', '-o', 'org:other'], as)).exit, 1);
  });

  test('a refused login, an API that is not there, and commands that need a store', async () => {
    for (const [args, env, exit, message] of [
      [['list', '-o', 'org:acme'], { LEASTKEY_API_TOKEN: 'wrong' }, 1, /Sign in|credential/],
      [['list', '-o', 'org:acme'], { LEASTKEY_URL: 'http://127.0.0.1:1' }, 3, /cannot be reached/],
      [
        ['list', '-o', 'org:acme'],
        { LEASTKEY_URL: 'http://api.example' },
        2,
        /^leastkey: --url: expected https:/,
      ],
      [['list', '-o', 'org:acme', '--as', 'user:7'], {}, 2, /--as and --as-role are of a store/],
      [['purge', '--yes'], {}, 2, /no route for this/],
      [['verify-audit', '-o', 'org:acme'], {}, 2, /no route for this/],
    ]) {
      const refused = await remote(args, { env });
      assert.equal(refused.exit, exit, `${args.join(' ')}: ${refused.stderr}`);
      assert.match(refused.stderr, message);
      assert.ok(!refused.stderr.includes(key));
    }
  });

  test('a credential in a file that others can read is refused', async () => {
    const file = join(site.folder, 'api.token');
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    const args = ['list', '-o', 'org:acme', '--token-file', file];
    const env = { LEASTKEY_API_TOKEN: undefined };
    assert.equal((await remote(args, { env })).exit, 0);
    chmodSync(file, 0o640);
    const refused = await remote(args, { env });
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /chmod 600/);
  });
});

test('serve ends with Ctrl-C, and reports a port that is taken', async () => {
  const { port } = new URL(url);
  const taken = await site.leastkey(['serve', '--port', port]);
  assert.equal(taken.exit, 2);
  assert.match(taken.stderr, new RegExp(`port ${port} cannot be used`));
  const ended = new Promise((resolve) => server.once('close', (exit, signal) => resolve(exit ?? signal)));
  server.kill('SIGINT');
  assert.equal(await ended, 0);
});
