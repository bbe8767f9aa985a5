/** `leastkey store`: check, copy, reconcile. */

import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment, sender } from '../../support/cli-process.mjs';

const cli = deployment();
after(() => cli.remove());

const urlOf = (name) => `sqlite:${join(cli.folder, name)}`;

async function create(one, ...more) {
  const answer = await one.leastkey(['create', ...sender, '--json', ...more]);
  assert.equal(answer.exit, 0, answer.stderr);
  return answer.json();
}

function keysOf(name) {
  const store = sqliteStore({ path: join(cli.folder, name) });
  try {
    return store.list({ prefix: '', limit: 1_000 }).map(({ key }) => key);
  } finally {
    store.close();
  }
}

describe('leastkey store check', () => {
  test('reports on an empty store, and leaves it empty', async () => {
    const { exit, stdout, stderr } = await cli.leastkey(['store', 'check', urlOf('empty.db')]);
    assert.equal(exit, 0, stdout + stderr);
    assert.match(stdout, /\d+ checks passed: no broken promise was found \(seed \d+\)\./);
    assert.match(stdout, /\(kill\)/);
    assert.deepEqual(keysOf('empty.db'), []);
  });

  test('refuses a store that has keys, unless it is told a name; then it leaves those alone', async () => {
    const path = join(cli.folder, 'used.db');
    const store = sqliteStore({ path });
    store.commit([{ key: 'token/x', value: '1' }]);
    store.close();
    const refused = await cli.leastkey(['store', 'check', urlOf('used.db')]);
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /the store has keys.*add --scratch <name>/);
    const { exit, json, stderr } = await cli.leastkey([
      'store',
      'check',
      '--scratch',
      'ada',
      '--json',
      urlOf('used.db'),
    ]);
    assert.equal(exit, 0, stderr);
    assert.equal(json().ok, true);
    assert.deepEqual(json().broken, []);
    assert.deepEqual(keysOf('used.db'), ['token/x']);
  });

  test('takes no password as an argument, and says what a URL is', async () => {
    const secret = await cli.leastkey(['store', 'check', 'postgres://ada:hunter2@localhost/tokens']);
    assert.equal(secret.exit, 2);
    assert.match(secret.stderr, /set LEASTKEY_STORE/);
    assert.doesNotMatch(secret.stderr, /hunter2/);
    for (const args of [[], ['ftp://x']]) {
      const { exit, stderr } = await cli.leastkey(['store', 'check', ...args]);
      assert.equal(exit, 2, stderr);
      assert.match(stderr, /sqlite:/);
    }
  });
});

describe('leastkey store copy', () => {
  test('moves a database; the commands refuse the source from then on, until --undo', async () => {
    const { token } = await create(cli);
    const from = `sqlite:${cli.environment.LEASTKEY_DB}`;
    const verify = (env) => cli.leastkey(['verify'], { input: token, env });
    const copy = await cli.leastkey(['store', 'copy', '--yes', '--wait', '0', from, urlOf('moved.db')]);
    assert.equal(copy.exit, 0, copy.stderr);
    assert.match(copy.stdout, /Both stores are equal/);
    assert.equal((await verify({ LEASTKEY_DB: join(cli.folder, 'moved.db') })).exit, 0);
    assert.equal((await verify({})).exit, 3);
    const refused = await cli.leastkey(['create', ...sender]);
    assert.equal(refused.exit, 3, refused.stderr);
    assert.match(refused.stderr, /was moved to another store/);
    const undone = await cli.leastkey(['store', 'copy', '--undo', '--yes', from]);
    assert.equal(undone.exit, 0, undone.stderr);
    assert.equal((await verify({})).exit, 0);
  });

  test('asks first', async () => {
    const { exit, stderr } = await cli.leastkey(['store', 'copy', urlOf('a.db'), urlOf('b.db')]);
    assert.equal(exit, 2);
    assert.match(stderr, /add --yes/);
  });
});

describe('leastkey store reconcile', () => {
  const cli = deployment();
  after(() => cli.remove());

  test('ends again what a restored backup brought back, and lists what else was lost', async () => {
    const made = [];
    for (const name of ['Revoked', 'Deleted', 'Disabled', 'Rotated', 'Kept'])
      made.push(await create(cli, '--name', name));
    const [revoked, deleted, disabled, rotated, kept] = made;
    const path = cli.environment.LEASTKEY_DB;
    sqliteStore({ path }).close();
    copyFileSync(path, join(cli.folder, 'backup.db'));

    const run = async (...args) => assert.equal((await cli.leastkey(args)).exit, 0, args.join(' '));
    await run('revoke', revoked.record.id, '--yes', '--reason', 'laptop stolen');
    await run('delete', deleted.record.id, '--yes');
    await run('disable', disabled.record.id);
    await run('disable', kept.record.id);
    await run('enable', kept.record.id);
    await run('rotate', rotated.record.id, '--json');
    const later = await create(cli, '--name', 'Later');
    await run('revoke', later.record.id, '--yes');
    const { stdout } = await cli.leastkey(['audit', '--owner', 'org:acme', '--export']);
    writeFileSync(join(cli.folder, 'audit.jsonl'), stdout);

    const env = { LEASTKEY_DB: join(cli.folder, 'backup.db') };
    const verify = async ({ token }) =>
      (await cli.leastkey(['verify', '--json'], { env, input: token })).json().code;
    assert.equal(await verify(revoked), 'valid', 'the backup brought it back');
    const args = ['store', 'reconcile', '--audit', join(cli.folder, 'audit.jsonl'), '--json'];
    const dry = (await cli.leastkey([...args, '--dry-run'], { env })).json();
    assert.equal(await verify(revoked), 'valid', 'a dry run changes nothing');
    const done = await cli.leastkey([...args, '--yes'], { env });
    const report = done.json();
    assert.deepEqual(report.endings, dry.endings);
    assert.deepEqual(
      report.endings.map(({ token, ending, reason }) => [token, ending, reason]),
      [
        [revoked.record.id, 'revoked', 'laptop stolen'],
        [deleted.record.id, 'deleted', undefined],
        [disabled.record.id, 'disabled', undefined],
        [later.record.id, 'revoked', undefined],
      ],
    );
    assert.deepEqual(report.ended, { done: 3, gone: 1 });
    assert.deepEqual(
      report.changes.map(({ token, operation }) => [token, operation]),
      [[rotated.record.id, 'rotate']],
    );
    assert.equal(done.exit, 1, 'a person has to look at the rotation');
    const codes = [];
    for (const each of made) codes.push(await verify(each));
    assert.deepEqual(codes, ['revoked', 'unknown', 'disabled', 'valid', 'valid']);
  });

  test('says which line is no entry', async () => {
    writeFileSync(join(cli.folder, 'no.jsonl'), '{"owner":"org:acme"}\n');
    const { exit, stderr } = await cli.leastkey([
      'store',
      'reconcile',
      '--yes',
      '--audit',
      join(cli.folder, 'no.jsonl'),
    ]);
    assert.equal(exit, 2);
    assert.match(stderr, /no\.jsonl, line 1: expected an entry/);
  });
});
