import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from '../../support/cli-process.mjs';

const shape = /^acme_test_[0-9A-Za-z]{53}$/;
const sender = ['--kind', 'permission-set', '--owner', 'org:acme', '--template', 'all-channels'];

describe('the life of a token', () => {
  let site;
  before(() => {
    site = deployment();
  });
  after(() => site.remove());

  let credential;
  let id;

  test('create prints only the credential to standard output', async () => {
    const made = await site.leastkey([
      'create',
      '--name',
      'Nightly sender',
      '--subject',
      'profile:42',
      ...sender,
    ]);
    assert.equal(made.exit, 0, made.stderr);
    credential = made.stdout.trimEnd();
    assert.match(credential, shape);
    assert.match(made.stderr, /Token created/);
    assert.match(made.stderr, /messages:send messages:status/);
    assert.ok(!made.stderr.includes(credential), 'the credential is printed once');
  });

  test('list shows it without its secret', async () => {
    const listed = await site.leastkey(['list', '--owner', 'org:acme', '--json']);
    assert.equal(listed.exit, 0, listed.stderr);
    const { items, next } = listed.json();
    assert.equal(next, undefined);
    assert.deepEqual(
      items.map(({ name, status, permissions }) => ({ name, status, permissions })),
      [{ name: 'Nightly sender', status: 'active', permissions: ['messages:send', 'messages:status'] }],
    );
    [{ id }] = items;
    assert.ok(!listed.stdout.includes(credential.slice(-36, -6)), 'no secret');

    const table = await site.leastkey(['list', '--owner', 'org:acme']);
    assert.match(
      table.stdout,
      /^ID +STATUS +KIND +CREATED \(UTC\) +EXPIRES \(UTC\) +LAST USED \(UTC\) +SCOPE +NAME\n/,
    );
    assert.match(
      table.stdout,
      new RegExp(`^${id}  active  permission-set .* never +never +all-channels  Nightly sender$`, 'm'),
    );
  });

  test('verify reads the credential from the environment or from standard input', async () => {
    const own = ['verify', '--require', 'messages:send'];
    const valid = await site.leastkey(own, { env: { LEASTKEY_TOKEN: credential } });
    assert.equal(valid.exit, 0, valid.stdout);
    assert.match(valid.stdout, /^valid\n/);
    assert.ok(!valid.stdout.includes(credential));

    const piped = await site.leastkey([...own, '--json'], { input: `${credential}\n` });
    assert.equal(piped.exit, 0, piped.stdout);
    assert.equal(piped.json().token.id, id);

    const dash = await site.leastkey(['verify', '-', '--json'], {
      input: credential,
      env: { LEASTKEY_TOKEN: 'other' },
    });
    assert.equal(dash.json().code, 'valid');
  });

  test('verify prints the missing permissions, and exits 1', async () => {
    const refused = await site.leastkey(
      ['verify', '--require', 'messages:send', '--require', 'profiles:read'],
      {
        input: credential,
      },
    );
    assert.equal(refused.exit, 1);
    assert.match(refused.stdout, /^refused: insufficient_permission\n.*missing +profiles:read/);

    const elsewhere = await site.leastkey(
      ['verify', '--require', 'messages:send', '--resource', 'org:acme2', '--json'],
      { input: credential },
    );
    assert.equal(elsewhere.exit, 1);
    assert.equal(elsewhere.json().code, 'outside_resource');
  });

  test('disable stops it, enable restores it', async () => {
    const disabled = await site.leastkey(['disable', id, '--json']);
    assert.equal(disabled.json().status, 'disabled');
    const refused = await site.leastkey(['verify', '--json'], { input: credential });
    assert.deepEqual([refused.exit, refused.json().code], [1, 'disabled']);

    const enabled = await site.leastkey(['enable', id]);
    assert.equal(enabled.exit, 0, enabled.stderr);
    assert.match(enabled.stdout, /"Nightly sender" is enabled/);
    assert.equal((await site.leastkey(['verify'], { input: credential })).exit, 0);
  });

  test('revoke without a terminal needs --yes, and --dry-run changes nothing', async () => {
    const unasked = await site.leastkey(['revoke', id]);
    assert.equal(unasked.exit, 2);
    assert.match(unasked.stderr, /cannot be undone.*--yes/);

    const dry = await site.leastkey(['revoke', id, '--dry-run', '--yes']);
    assert.equal(dry.exit, 0, dry.stderr);
    assert.match(dry.stdout, /Would revoke/);
    assert.equal((await site.leastkey(['verify'], { input: credential })).exit, 0);
  });

  test('revoke is permanent', async () => {
    const revoked = await site.leastkey(['revoke', id, '--reason', 'laptop stolen', '--yes', '--json']);
    assert.equal(revoked.exit, 0, revoked.stderr);
    const { status, reason, statusChangedBy } = revoked.json();
    assert.deepEqual([status, reason, statusChangedBy], ['revoked', 'laptop stolen', 'cli']);

    const refused = await site.leastkey(['verify', '--json'], { input: credential });
    assert.deepEqual([refused.exit, refused.json().code], [1, 'revoked']);

    const enabled = await site.leastkey(['enable', id, '--json']);
    assert.equal(enabled.exit, 1);
    assert.equal(enabled.stdout, '');
    assert.equal(JSON.parse(enabled.stderr).error.code, 'terminal');
  });

  test('delete removes the record', async () => {
    const dry = await site.leastkey(['delete', id, '--dry-run', '--json']);
    assert.deepEqual([dry.json().dryRun, dry.json().record.id], [true, id]);

    const deleted = await site.leastkey(['delete', id, '--yes', '--json']);
    assert.deepEqual([deleted.exit, deleted.json()], [0, { id }]);
    const gone = await site.leastkey(['delete', id, '--yes']);
    assert.equal(gone.exit, 1);
    const empty = await site.leastkey(['list', '--owner', 'org:acme']);
    assert.deepEqual([empty.exit, empty.stdout], [0, '']);
    assert.match(empty.stderr, /No tokens of org:acme/);
  });
});

describe('pages', () => {
  let site;
  before(async () => {
    site = deployment();
    for (const name of ['one', 'two', 'three']) {
      const made = await site.leastkey(['create', '--name', name, ...sender, '--expires-in', '90d']);
      assert.equal(made.exit, 0, made.stderr);
    }
  });
  after(() => site.remove());

  test('--limit and --after read all tokens, newest first', async () => {
    const first = (await site.leastkey(['list', '--owner', 'org:acme', '--limit', '2', '--json'])).json();
    assert.deepEqual(
      first.items.map(({ name }) => name),
      ['three', 'two'],
    );
    const rest = ['list', '--owner', 'org:acme', '--limit', '2', '--after', first.next, '--json'];
    const second = (await site.leastkey(rest)).json();
    assert.deepEqual(
      second.items.map(({ name }) => name),
      ['one'],
    );
    assert.equal(second.next, undefined);
  });

  test('--all reads every page, and the table says if there is more', async () => {
    const all = (
      await site.leastkey(['list', '--owner', 'org:acme', '--limit', '1', '--all', '--json'])
    ).json();
    assert.deepEqual(
      all.items.map(({ name }) => name),
      ['three', 'two', 'one'],
    );
    const page = await site.leastkey(['list', '--owner', 'org:acme', '--limit', '1']);
    assert.match(page.stderr, /There are more: add --after \S+, or --all/);
  });
});

test('a damaged record is named, not hidden', async () => {
  const site = deployment();
  try {
    const { record } = (await site.leastkey(['create', '--name', 'Damaged', ...sender, '--json'])).json();
    const store = sqliteStore({ path: site.environment.LEASTKEY_DB });
    const stored = await store.list({ prefix: '', limit: 100 });
    const { key } = stored.find(({ value }) => value.includes('"digest"') && value.includes(record.name));
    await store.commit([{ key, value: '{}' }]);
    store.close();

    const listed = await site.leastkey(['list', '--owner', 'org:acme']);
    assert.equal(listed.exit, 0, listed.stderr);
    assert.match(listed.stderr, new RegExp(`cannot be read: ${record.id}`));
    const all = await site.leastkey(['list', '--owner', 'org:acme', '--all', '--json']);
    assert.deepEqual(all.json(), { items: [], unreadable: [record.id] });
  } finally {
    site.remove();
  }
});

describe('who is acting', () => {
  let site;
  before(() => {
    site = deployment('personal');
  });
  after(() => site.remove());

  const own = ['--kind', 'personal', '--owner', 'user:7', '--template', 'CollectionDevice', '--json'];
  const user7 = ['--as', 'user:7', '--as-role', 'user:7=user'];

  test('a user manages its own tokens, and no other user does', async () => {
    const made = await site.leastkey(['create', ...user7, '--name', 'Laptop', ...own]);
    assert.equal(made.exit, 0, made.stderr);
    const { token, record } = made.json();
    assert.match(token, shape);
    assert.equal(record.createdBy, 'user:7');
    assert.ok(record.expiresAt > Date.now() + 89 * 86_400_000, 'personal tokens live 90 days by default');

    const without = await site.leastkey(['create', '--as', 'user:7', '--name', 'More', ...own]);
    assert.equal(without.exit, 1);
    assert.equal(JSON.parse(without.stderr).error.code, 'exceeds_ceiling', 'who has nothing gives nothing');
    const refused = await site.leastkey(['create', '--as', 'user:7', '--name', 'More', ...own.slice(0, -1)]);
    assert.match(
      refused.stderr,
      /^leastkey: permissions: .* cannot give: [^\n]*\n( {2}[a-z:-]+: is more than [^\n]* has\n)+$/,
    );
    const other = await site.leastkey(['create', '--as', 'user:8', '--name', 'Theirs', ...own]);
    assert.equal(other.exit, 1);
    assert.equal(JSON.parse(other.stderr).error.code, 'forbidden');
    assert.equal((await site.leastkey(['delete', record.id, '--as', 'user:8', '--yes'])).exit, 1);
    assert.equal((await site.leastkey(['delete', record.id, '--as', 'user:7', '--yes'])).exit, 0);
  });

  test('a name can be used once', async () => {
    assert.equal((await site.leastkey(['create', ...user7, '--name', 'Desk', ...own])).exit, 0);
    const again = await site.leastkey(['create', ...user7, '--name', 'Desk', ...own]);
    assert.equal(again.exit, 1);
    assert.equal(JSON.parse(again.stderr).error.code, 'name_taken');
  });

  test('--as-role gives the role only', async () => {
    const admin = await site.leastkey(['list', '--owner', 'user:7', '--as-role', 'user:7=admin']);
    assert.equal(admin.exit, 0, admin.stderr);
    const elsewhere = await site.leastkey(['list', '--owner', 'user:7', '--as-role', 'org:acme=admin']);
    assert.equal(elsewhere.exit, 1);
    const wrong = await site.leastkey(['list', '--owner', 'user:7', '--as-role', 'admin']);
    assert.equal(wrong.exit, 2);
  });
});

describe('a repeated create', () => {
  let site;
  before(() => {
    site = deployment();
  });
  after(() => site.remove());

  test('an idempotency key makes one token, whose credential is not shown again', async () => {
    const args = ['create', '--name', 'Once', ...sender, '--idempotency-key', 'deploy-17'];
    const first = (await site.leastkey([...args, '--json'])).json();
    const second = (await site.leastkey([...args, '--json'])).json();
    assert.equal(second.record.id, first.record.id);
    assert.equal(second.token, null);
    const third = await site.leastkey(args);
    assert.equal(third.exit, 0);
    assert.match(third.stderr, /cannot be shown again/);
    assert.ok(!third.stdout.includes(first.token));
  });
});
