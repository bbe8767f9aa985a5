/**
 * Ctrl-C: the first one ends a long command between two pages, and lets a secret that is being made
 * be printed; the second one ends the process.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokens } from 'leastkey';
import { handler } from 'leastkey/http';
import { toNodeHandler } from 'leastkey/node';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment, sender } from '../support/cli-process.mjs';

const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));
const actor = { id: 'cli', roles: { '': 'admin' } };
const TOKENS = 300;

describe('revoke-all of many tokens', () => {
  let site;
  before(async () => {
    site = deployment();
    await withTokens(async (tokens) => {
      const input = { kind: 'permission-set', owner: 'org:acme', add: ['messages:send'] };
      for (let at = 0; at < TOKENS; at += 1) await tokens.create({ ...input, name: `T${at}` }, actor);
    });
  });
  after(() => site.remove());

  async function withTokens(work) {
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    try {
      const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
      return await work(await createTokens({ catalog, store, prefix: 'acme_test' }));
    } finally {
      store.close();
    }
  }

  /** The number of tokens that are not revoked. */
  const living = () =>
    withTokens(async (tokens) => {
      const { ids } = await tokens.revokeAll({ owner: 'org:acme' }, { dryRun: true }, actor);
      return ids.length;
    });

  /**
   * Runs the command in a process that receives this number of signals at its first commit, all
   * before the next turn of its event loop.
   */
  function interrupted(signals) {
    const preload = join(site.folder, 'interrupt.mjs');
    const source = `import { createRequire } from 'node:module';
      const { prototype } = createRequire(${JSON.stringify(bin)})('libsql');
      const { exec } = prototype;
      let left = ${signals};
      prototype.exec = function (sql) {
        const done = exec.call(this, sql);
        if (/^COMMIT/.test(sql)) for (; left > 0; left -= 1) process.kill(process.pid, 'SIGINT');
        return done;
      };`;
    writeFileSync(preload, source);
    const args = ['revoke-all', '--owner', 'org:acme', '--yes'];
    return site.leastkey(args, { env: { NODE_OPTIONS: `--import ${preload}` } });
  }

  test('the first Ctrl-C ends it between two pages, and the same command resumes it', async () => {
    const { exit, stderr } = await interrupted(1);
    assert.equal(exit, 130, stderr);
    assert.match(stderr, /It was interrupted\. The same command does the rest/);
    const left = await living();
    assert.ok(left > 0 && left < TOKENS, `${left} are left`);
  });

  test('the second one ends the process, even if it comes together with the first', async () => {
    const before = await living();
    const { exit } = await interrupted(2);
    assert.equal(exit, 'SIGINT');
    const left = await living();
    assert.ok(left > 0 && left < before, `${left} of ${before} are left`);
    const rest = await interrupted(0);
    assert.equal(rest.exit, 0, rest.stderr);
    assert.equal(await living(), 0);
  });
});

describe('Ctrl-C while a secret is made', () => {
  const catalog = {
    services: { messages: { title: 'Messages', permissions: { send: 'Send' } } },
    templates: { 'all-channels': { title: 'All', permissions: ['messages:*'] } },
  };
  /** The next commit waits for this. */
  let gate;
  let tokens;
  let server;
  let url;
  before(async () => {
    const inner = memoryStore();
    const store = {
      get: (keys) => inner.get(keys),
      list: (...range) => inner.list(...range),
      commit: async (...writes) => {
        const held = gate;
        held?.reached();
        await held?.opened;
        return inner.commit(...writes);
      },
    };
    tokens = await createTokens({ catalog, store, prefix: 'acme_test', onWarning: () => {} });
    const answer = handler(tokens, { authenticate: () => actor, credentials: 'bearer' });
    server = createServer(toNodeHandler(answer));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server.close());

  /** Runs a command, and sends it Ctrl-C while its commit is held, as often as given. */
  async function interruptedAtCommit(args, times) {
    const reached = new Promise((resolve) => {
      gate = { reached: resolve };
    });
    gate.opened = new Promise((resolve) => {
      gate.open = resolve;
    });
    const child = spawn(process.execPath, [bin, ...args, '--url', url], {
      env: { PATH: process.env.PATH, LEASTKEY_API_TOKEN: 'any' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (chunk) => {
        output[name] += chunk;
      });
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    await reached;
    child.kill('SIGINT');
    // It says so as soon as it has the signal.
    await Promise.race([
      ended,
      new Promise((resolve) => child.stderr.on('data', () => /finishing/.test(output.stderr) && resolve())),
    ]);
    if (times === 2) {
      child.kill('SIGINT');
      await ended;
    }
    gate.open();
    gate = undefined;
    return { exit: await ended, ...output };
  }

  const records = async () => (await tokens.list({ owner: 'org:acme' }, actor)).items;

  test('create prints the credential of the token that it made, and exits 130', async () => {
    const { exit, stdout, stderr } = await interruptedAtCommit(['create', ...sender], 1);
    assert.equal(exit, 130, stderr);
    assert.match(stderr, /finishing what has begun; Ctrl-C again ends it at once/);
    const [record, ...others] = await records();
    assert.deepEqual(others, []);
    const verdict = await tokens.verify(stdout.trim(), 'messages:send');
    assert.deepEqual([verdict.code, verdict.token?.id], ['valid', record.id]);
  });

  test('rotate prints the new secret, and the old one has its grace', async () => {
    const [{ id }] = await records();
    const { exit, stdout, stderr } = await interruptedAtCommit(['rotate', id, '--grace', '1h'], 1);
    assert.equal(exit, 130, stderr);
    assert.equal((await tokens.verify(stdout.trim())).code, 'valid');
    const [record] = await records();
    assert.ok(record.rotation !== undefined);
    await tokens.confirmRotation(id, actor);
    assert.equal((await tokens.verify(stdout.trim())).code, 'valid');
  });

  test('a second Ctrl-C ends create at once', async () => {
    const { exit, stdout } = await interruptedAtCommit(['create', ...sender, '-n', 'Cut off'], 2);
    assert.deepEqual([exit, stdout], ['SIGINT', '']);
  });
});
