/** A credential leaked: find it, end it, without printing it. Commands that need no catalog. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deployment, sender } from '../support/cli-process.mjs';

const none = { env: { LEASTKEY_CATALOG: undefined } };

let site;
let folder;
const made = {};
before(async () => {
  site = deployment('four-systems');
  for (const name of ['Leaked', 'Revoked', 'Other']) {
    const created = await site.leastkey(['create', ...sender, '-n', name, '--json']);
    made[name] = { credential: created.json().token, id: created.json().record.id };
  }
  await site.leastkey(['revoke', made.Revoked.id, '--yes']);
  folder = join(site.folder, 'files');
  mkdirSync(join(folder, 'deep/node_modules'), { recursive: true });
  writeFileSync(join(folder, 'deep/app.log'), `first\nkey=${made.Leaked.credential}&x\n`);
  // Across the chunks in which a file is read.
  writeFileSync(join(folder, 'big.bin'), `${'\u0000x'.repeat(32_700)}"${made.Revoked.credential}"`);
  writeFileSync(join(folder, 'deep/node_modules/copy.txt'), made.Leaked.credential);
  const mistyped = `${made.Other.credential.slice(0, -1)}${made.Other.credential.endsWith('0') ? '1' : '0'}`;
  writeFileSync(join(folder, 'noise.txt'), `${mistyped}\nacme_test_2short\nother_live_${'a1'.repeat(26)}\n`);
});
after(() => site.remove());

function assertUnseen({ stdout, stderr }) {
  for (const { credential } of Object.values(made)) {
    assert.ok(!`${stdout}${stderr}`.includes(credential.slice(-36)), 'a secret was printed');
  }
}

describe('scan', () => {
  test('finds credentials in folders of any files, with their place and status', async () => {
    const found = await site.leastkey(['scan', folder, '--json'], none);
    assert.equal(found.exit, 1, found.stderr);
    assertUnseen(found);
    const places = found
      .json()
      .items.map(({ file, line, column, id, code }) => [
        file.slice(folder.length + 1),
        line,
        column,
        id,
        code,
      ]);
    assert.deepEqual(places.sort(), [
      ['big.bin', 1, 65_402, made.Revoked.id, 'revoked'],
      ['deep/app.log', 2, 5, made.Leaked.id, 'valid'],
    ]);
    const all = await site.leastkey(['scan', folder, '--hidden', '-q'], none);
    assert.equal(all.stdout.split('\n').filter((id) => id === made.Leaked.id).length, 2);
  });

  test('finds none in what has none, and needs no store with a prefix', async () => {
    const clean = await site.leastkey(['scan', join(folder, 'noise.txt')], none);
    assert.deepEqual([clean.exit, clean.stdout], [0, ''], clean.stderr);
    const env = { LEASTKEY_DB: undefined, LEASTKEY_CATALOG: undefined };
    const piped = await site.leastkey(['scan', '-', '--json'], { env, input: `x ${made.Leaked.credential}` });
    assert.equal(piped.exit, 1, piped.stderr);
    assert.deepEqual(piped.json().items, [
      { file: '-', line: 1, column: 3, id: made.Leaked.id, code: 'unchecked' },
    ]);
    const what = await site.leastkey(['scan'], { env: { ...env, LEASTKEY_PREFIX: undefined } });
    assert.equal(what.exit, 2);
  });
});

describe('revoke -', () => {
  test('ends the tokens of credentials and ids on standard input', async () => {
    const input = `${made.Leaked.credential}\n\n${made.Other.id}\n`;
    const revoked = await site.leastkey(['revoke', '-', '--yes', '--reason', 'leaked'], { ...none, input });
    assert.equal(revoked.exit, 0, revoked.stderr);
    assertUnseen(revoked);
    assert.match(revoked.stdout, /"Leaked" is revoked\.\n.*"Other" is revoked\.\n/);
    const again = await site.leastkey(['revoke', made.Leaked.id, '--yes', '--reason', 'again'], none);
    assert.match(again.stdout, /was revoked before, and keeps the reason of then: leaked\./);
  });

  test('a credential with another secret ends nothing', async () => {
    const victim = (await site.leastkey(['create', ...sender, '-n', 'Victim', '--json'])).json();
    const attacker = (await site.leastkey(['create', ...sender, '-n', 'Attacker', '--json'])).json();
    const { id } = victim.record;
    const forged = attacker.token.replace(attacker.record.id, id);
    for (const input of [forged, victim.token.slice(0, -1), 'nonsense_of_somebody']) {
      const refused = await site.leastkey(['revoke', '-', '--yes'], { ...none, input });
      assert.deepEqual([refused.exit, refused.stdout], [2, ''], refused.stderr);
      assert.match(
        refused.stderr,
        /line 1 of standard input is neither an id nor a credential with a right secret/,
      );
      assert.ok(!refused.stderr.includes(input.slice(-36)));
    }
    assert.equal((await site.leastkey(['verify'], { input: victim.token })).exit, 0);
  });
});

describe('without a catalog', () => {
  test('tokens of every kind are read, stopped and ended', async () => {
    const grant = ['-k', 'application', '-o', 'org:acme', '-t', 'library', '--json'];
    const { id } = (await site.leastkey(['create', '-n', 'App', ...grant])).json().record;
    for (const args of [
      ['get', id],
      ['list', '-o', 'org:acme'],
      ['usage', id],
      ['audit', '-o', 'org:acme'],
      ['disable', id],
      ['revoke', id, '--yes'],
      ['delete', id, '--yes'],
      ['revoke-all', '-o', 'org:acme', '--yes'],
      ['purge', '--yes'],
      ['verify-audit', '-o', 'org:acme'],
      ['whoami'],
    ]) {
      const { exit, stderr } = await site.leastkey(args, none);
      assert.equal(exit, 0, `${args.join(' ')}: ${stderr}`);
    }
    for (const args of [['create', ...sender], ['enable', id], ['verify']]) {
      const refused = await site.leastkey(args, { ...none, input: made.Other.credential });
      assert.equal(refused.exit, 2, args.join(' '));
      assert.match(refused.stderr, /a catalog is required/);
    }
  });

  test('many ids: a refusal does not stop the others', async () => {
    const create = async (name) =>
      (await site.leastkey(['create', ...sender, '-o', 'org:many', '-n', name, '--json'])).json().record.id;
    const ids = [await create('One'), '0000000000000000', await create('Two')];
    const { exit, stdout, stderr } = await site.leastkey(['disable', ...ids], none);
    assert.equal(exit, 1);
    assert.match(stdout, /"One" is disabled\.\n.*"Two" is disabled\.\n2 of 3 were done\.\n$/);
    assert.equal(stderr, 'leastkey: 0000000000000000: there is no such token\n');
    const json = await site.leastkey(['delete', ...ids, '--yes', '--json'], none);
    const { items, failed } = json.json();
    assert.deepEqual([json.exit, items.length, failed[0].code], [1, 2, 'not_found']);
  });
});
