import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from '../support/cli-process.mjs';

test('a record key file that other users can read gives a warning', async () => {
  const { folder, leastkey, remove } = deployment();
  try {
    const key = join(folder, 'record.key');
    writeFileSync(key, 'ab'.repeat(32), { mode: 0o600 });
    const create = ['create', '--record-key-file', key, '--owner', 'org:acme', '--kind', 'permission-set'];
    const grant = ['--template', 'all-channels-branch'];
    const closed = await leastkey([...create, '--name', 'One', ...grant]);
    assert.deepEqual([closed.exit, closed.stderr.includes('other users')], [0, false], closed.stderr);
    chmodSync(key, 0o644);
    const open = await leastkey([...create, '--name', 'Two', ...grant]);
    assert.equal(open.exit, 0);
    assert.ok(
      open.stderr.includes(
        `other users of this machine can open ${key}, and so get at the record key: chmod 600 ${key}`,
      ),
      open.stderr,
    );
  } finally {
    remove();
  }
});

describe('a sealed database', () => {
  const KEY = 'ab'.repeat(32);
  const make = ['create', '--kind', 'permission-set', '--template', 'all-channels-branch'];
  let site;
  let id;
  before(async () => {
    site = deployment();
    const made = await site.leastkey([...make, '--name', 'One', '--owner', 'org:acme', '--json'], {
      env: { LEASTKEY_RECORD_KEY: KEY },
    });
    assert.equal(made.exit, 0, made.stderr);
    id = made.json().record.id;
  });
  after(() => site.remove());

  /** Every entry of the database. */
  function entries() {
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    try {
      return store.list({ prefix: '', limit: 1_000 });
    } finally {
      store.close();
    }
  }

  const commands = () => [
    ['disable', id],
    ['revoke', id, '--yes'],
    ['delete', id, '--yes'],
    ['rotate', id],
    ['edit', id, '--tag', 'ci'],
    ['revoke-all', '--owner', 'org:acme', '--yes'],
    [...make, '--name', 'Two', '--owner', 'org:acme'],
    [...make, '--name', 'Two', '--owner', 'org:new'],
  ];

  test('is not written to by a command without its key', async () => {
    const before = entries();
    for (const args of commands()) {
      const { exit, stdout, stderr } = await site.leastkey(args);
      assert.deepEqual([exit, stdout], [3, ''], args.join(' '));
      assert.match(stderr, /sealed.*no record key/, args.join(' '));
    }
    assert.deepEqual(entries(), before);
    assert.equal((await site.leastkey(['list', '--owner', 'org:acme', '--json'])).json().items.length, 1);
  });

  test('is not written to by a command with an empty key', async () => {
    const before = entries();
    const empty = join(site.folder, 'empty.key');
    writeFileSync(empty, '\n', { mode: 0o600 });
    for (const args of commands()) {
      for (const text of ['', ' ', ',']) {
        const { exit, stderr } = await site.leastkey(args, { env: { LEASTKEY_RECORD_KEY: text } });
        assert.equal(exit, 2, args.join(' '));
        assert.match(stderr, /LEASTKEY_RECORD_KEY is empty/);
      }
      const { exit, stderr } = await site.leastkey([...args, '--record-key-file', empty]);
      assert.equal(exit, 2, args.join(' '));
      assert.match(stderr, /empty\.key has no record key in it/);
    }
    assert.deepEqual(entries(), before);
  });

  test('still works for the server, which can revoke the token', async () => {
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    try {
      const catalog = JSON.parse(readFileSync(site.environment.LEASTKEY_CATALOG, 'utf8'));
      const tokens = await createTokens({ catalog, store, prefix: 'acme_test', recordKey: KEY });
      const actor = { id: 'server', roles: { '': 'admin' } };
      assert.equal((await tokens.revoke(id, {}, actor)).status, 'revoked');
      assert.equal((await tokens.verifyAudit('org:acme')).intact, true);
    } finally {
      store.close();
    }
  });
});
