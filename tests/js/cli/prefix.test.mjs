/**
 * The prefix on the command line: it is read from the database, and another prefix is refused,
 * because its tokens could not be used.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment, sender } from '../support/cli-process.mjs';

const none = { env: { LEASTKEY_PREFIX: undefined } };

let site;
let credential;
let id;
before(async () => {
  site = deployment();
  const made = await site.leastkey(['create', ...sender, '--json']);
  assert.equal(made.exit, 0, made.stderr);
  ({
    token: credential,
    record: { id },
  } = made.json());
});
after(() => site.remove());

/** All keys and values of the database. */
function stored() {
  const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
  try {
    return store.list({ prefix: '', limit: 1_000 });
  } finally {
    store.close();
  }
}

describe('a prefix other than that of the database', () => {
  const commands = [
    ['create', ...sender],
    ['list', '--owner', 'org:acme'],
    ['rotate', 'ID'],
    ['revoke', 'ID', '--yes'],
    ['verify'],
  ];
  for (const command of commands) {
    test(`${command[0]} is refused with both prefixes, and makes nothing`, async () => {
      const before = stored();
      const args = command.map((word) => (word === 'ID' ? id : word));
      for (const [more, options] of [
        [['--prefix', 'acme_live'], {}],
        [[], { env: { LEASTKEY_PREFIX: 'acme_live' } }],
      ]) {
        const refused = await site.leastkey([...args, ...more], { ...options, input: credential });
        assert.deepEqual([refused.exit, refused.stdout], [2, ''], refused.stderr);
        assert.match(refused.stderr, /"acme_live".*"acme_test"/);
      }
      assert.deepEqual(stored(), before);
    });
  }
});

describe('no prefix', () => {
  test('uses that of the database, for every command', async () => {
    const verified = await site.leastkey(['verify', '--json'], { ...none, input: credential });
    assert.deepEqual([verified.exit, verified.json().code], [0, 'valid'], verified.stderr);
    const made = await site.leastkey(['create', ...sender, '--json'], none);
    assert.equal(made.exit, 0, made.stderr);
    assert.match(made.json().token, /^acme_test_2/);
    const listed = await site.leastkey(['list', '--owner', 'org:acme', '--json'], none);
    assert.equal(listed.exit, 0, listed.stderr);
  });

  test('is an error before a new database is made', async () => {
    const db = join(site.folder, 'none.db');
    const asked = await site.leastkey(['create', ...sender, '--db', db], none);
    assert.deepEqual([asked.exit, asked.stdout], [2, '']);
    assert.match(asked.stderr, /--prefix.*LEASTKEY_PREFIX/);
    assert.equal(existsSync(db), false);
  });
});
