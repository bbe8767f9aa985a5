/**
 * The commands for existing tokens: edit, rotate, bulk revocation, key import, record keys, and the
 * audit trail.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deployment } from '../../support/cli-process.mjs';

const RECORD_KEY = 'a1'.repeat(32);

let site;
before(() => {
  site = deployment();
});
after(() => site.remove());

/** Runs a command that must succeed. */
async function does(args, options) {
  const answer = await site.leastkey(args, options);
  assert.equal(answer.exit, 0, answer.stderr);
  return answer;
}

async function create(name, owner, ...more) {
  const made = ['create', '--name', name, '--kind', 'permission-set', '--owner', owner];
  return (await does([...made, '--template', 'all-channels', '--json', ...more])).json();
}

const verdict = async (credential, ...args) => {
  const answer = await site.leastkey(['verify', '--json', ...args], { input: credential });
  return answer.json().code;
};

describe('one token', () => {
  test('is edited, found by its new values, and shown with them', async () => {
    const { record } = await create('Edited', 'org:edit');
    await create('Other', 'org:edit');
    const edited = await does(['edit', record.id, '--tag', 'ci', '--description', 'Sends at night']);
    assert.match(edited.stdout, /description +Sends at night\n +tags +ci\n/);
    for (const filter of [
      ['--tag', 'ci'],
      ['--search', 'NIGHT'],
      ['--search', 'edited'],
    ]) {
      const { items } = (await does(['list', '--owner', 'org:edit', '--json', ...filter])).json();
      assert.deepEqual(
        items.map(({ name }) => name),
        ['Edited'],
        filter.join(' '),
      );
    }
    const nobody = await does(['list', '--owner', 'org:edit', '--subject', 'profile:1']);
    assert.equal(nobody.stdout, '');
    await does(['edit', record.id, '--clear', 'tags']);
    const refused = await site.leastkey(['edit', record.id, '--add', 'branch:*']);
    assert.deepEqual([refused.exit, refused.stdout], [1, '']);
    assert.match(refused.stderr, /permissions.*cannot be edited/);
  });

  test('has credits that can be topped up, and shows the remaining ones', async () => {
    const { record, token } = await create('Limited', 'org:limited');
    const without = await site.leastkey(['edit', record.id, '--remaining', '5']);
    assert.equal(without.exit, 2);
    assert.match(without.stderr, /no credits; set their number with --credits/);
    await does(['edit', record.id, '--credits', '10', '--remaining', '2']);
    const left = async () => (await does(['verify', '--balance'], { input: token })).stdout;
    assert.match(await left(), /credits +2 left/);
    await does(['edit', record.id, '--remaining', '10']);
    assert.match(await left(), /credits +10 left/);
    await does(['edit', record.id, '--credits', '3']);
    const edited = await does(['verify', '--balance', '--json'], { input: token });
    assert.equal(edited.json().remaining, 3);
    assert.equal((await site.leastkey(['edit', record.id, '--remaining', 'all'])).exit, 2);
  });

  test('is rotated: the new credential alone on standard output, then confirmed', async () => {
    const { token, record } = await create('Rotated', 'org:rotate');
    const rotated = await does(['rotate', record.id, '--grace', '1h']);
    const next = rotated.stdout.trim();
    assert.match(next, /^acme_test_[0-9A-Za-z]{53}$/);
    assert.equal(rotated.stderr.includes(next), false);
    assert.deepEqual([await verdict(token), await verdict(next)], ['valid', 'valid']);
    assert.equal((await site.leastkey(['rotate', record.id])).exit, 1);
    await does(['confirm-rotation', record.id]);
    assert.deepEqual([await verdict(token), await verdict(next)], ['rotated_out', 'valid']);
    await does(['rotate', record.id]);
    await does(['abort-rotation', record.id]);
    assert.equal(await verdict(next), 'valid');
  });
});

describe('many tokens', () => {
  test('are revoked by owner and tag: listed first, confirmed, reported', async () => {
    const made = [
      await create('A', 'org:many'),
      await create('B', 'org:many/group:eng'),
      await create('C', 'org:many2'),
    ];
    const args = ['revoke-all', '--owner', 'org:many'];
    const dry = await does([...args, '--dry-run']);
    const ids = made.slice(0, 2).map(({ record }) => record.id);
    assert.deepEqual(dry.stdout.trim().split('\n').sort(), ids.toSorted());
    assert.match(dry.stderr, /Would revoke 2 of 2 tokens. Nothing was changed/);
    const unasked = await site.leastkey(args);
    assert.deepEqual([unasked.exit, unasked.stdout], [2, '']);
    assert.equal(await verdict(made[0].token), 'valid');
    const report = (await does([...args, '--yes', '--reason', 'runner leaked', '--json'])).json();
    assert.deepEqual([report.complete, report.ids.toSorted()], [true, ids.toSorted()]);
    assert.deepEqual(await Promise.all(made.map(({ token }) => verdict(token))), [
      'revoked',
      'revoked',
      'valid',
    ]);
    assert.equal((await site.leastkey(['revoke-all', '--yes'])).exit, 2, 'everyone has to be said');
    const again = await does([...args, '--yes']);
    assert.match(again.stderr, /0 of 2 tokens revoked.\n2 were revoked before/);
  });

  test('that ended recently are not purged', async () => {
    const { record } = await create('Young', 'org:purge');
    await does(['revoke', record.id, '--yes']);
    const dry = await does(['purge', '--owner', 'org:purge', '--dry-run']);
    assert.equal(dry.stdout, '');
    assert.match(dry.stderr, /Would remove 0 of 1 tokens/);
  });
});

describe('keys of another system', () => {
  test('are imported row by row, and verified if their prefix is configured', async () => {
    const row = (key, changes) => ({
      digest: createHash('sha256').update(key).digest('hex'),
      encoding: 'hex',
      kind: 'permission-set',
      name: 'Old',
      owner: 'org:import',
      templates: ['all-channels'],
      ...changes,
    });
    const file = join(site.folder, 'rows.json');
    writeFileSync(file, JSON.stringify([row('old_1'), row('old_2', { templates: ['nope'] })]));
    const unread = await site.leastkey(['import-keys', file, '--from', 'rows']);
    assert.equal(unread.exit, 2);
    assert.match(unread.stderr, /--imported/);
    const args = ['import-keys', file, '--from', 'rows', '--imported', 'old_'];
    const dry = await site.leastkey([...args, '--dry-run']);
    assert.equal(dry.exit, 1);
    assert.equal(
      dry.stdout,
      'Would be: 1 imported, 0 there before, 1 failed, 0 left out. Nothing was changed.\n',
    );
    assert.match(dry.stderr, /^row 1 failed: templates\[0\]: the catalog has no template "nope"/);
    assert.equal((await site.leastkey(args)).stdout, '1 imported, 0 there before, 1 failed, 0 left out.\n');
    assert.equal((await site.leastkey(args)).stdout, '0 imported, 1 there before, 1 failed, 0 left out.\n');
    assert.equal(await verdict('old_1'), 'malformed');
    assert.equal(await verdict('old_1', '--imported', 'old_'), 'valid');
    assert.equal(await verdict('old_1', '--imported', 'old_=rest'), 'malformed');
    const env = { LEASTKEY_IMPORTED: 'x_=rest, old_' };
    assert.equal((await does(['verify', '--json'], { env, input: 'old_1' })).json().code, 'valid');
  });
});

describe('a record key', () => {
  test('comes from the environment or a file, seals the database, and is in no output', async () => {
    const sealed = deployment();
    try {
      const env = { LEASTKEY_RECORD_KEY: RECORD_KEY };
      const make = [
        'create',
        '--name',
        'S',
        '--kind',
        'permission-set',
        '--owner',
        'org:acme',
        '--template',
        'all-channels',
      ];
      const made = await sealed.leastkey(make, { env });
      assert.equal(made.exit, 0, made.stderr);
      const input = made.stdout.trim();
      const file = join(sealed.folder, 'key');
      writeFileSync(file, `${'b2'.repeat(32)}\n${RECORD_KEY}\n`);
      assert.equal((await sealed.leastkey(['verify', '--record-key-file', file], { input })).exit, 0);
      const other = await sealed.leastkey(['verify'], {
        env: { LEASTKEY_RECORD_KEY: 'b2'.repeat(32) },
        input,
      });
      assert.match(other.stdout + other.stderr, /store_unavailable/);
      for (const [text, words] of [
        ['xyz', /--record-key-file: expected 32 to 256 bytes/],
        [`${RECORD_KEY} ${RECORD_KEY} ${RECORD_KEY}`, /more than two record keys/],
      ]) {
        const refused = await sealed.leastkey(['verify'], { env: { LEASTKEY_RECORD_KEY: text }, input });
        assert.equal(refused.exit, 2);
        assert.match(refused.stderr, words);
        assert.equal(refused.stderr.includes(RECORD_KEY), false);
      }
    } finally {
      sealed.remove();
    }
  });
});

describe('the trail', () => {
  test('is shown, written as JSON Lines, and followed', async () => {
    const { record } = await create('Trail', 'org:trail');
    await does(['revoke', record.id, '--yes', '--reason', 'laptop stolen']);
    const shown = await does(['audit', '--owner', 'org:trail']);
    assert.match(shown.stdout, /revoke[\s\S]*create/);
    assert.match(shown.stdout, /laptop stolen/);
    const check = (await does(['verify-audit', '--owner', 'org:trail', '--json'])).json();
    assert.deepEqual([check.intact, check.checked, check.head.seq], [true, 2, 2]);
    const head = `${check.head.seq}:${check.head.hash}`;
    assert.match((await does(['verify-audit', '--owner', 'org:trail', '--after', head])).stdout, /^intact\n/);
    const forged = await site.leastkey([
      'verify-audit',
      '--owner',
      'org:trail',
      '--after',
      `2:${'0'.repeat(64)}`,
    ]);
    assert.equal(forged.exit, 1);
    assert.match(forged.stdout, /^not intact\n +problem +entry 2 /);
  });
});
