/** Ctrl-C: the first one ends a long command between two pages, the second one ends the process. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from '../support/cli-process.mjs';

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
