/** Imported keys, which another system issued and hashed, work beside native ones. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Actor, KeyRow, LeastkeyError, TokensOptions } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX, stranger } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { wrapped } from '../support/wrapped-store.js';

const START = 1_800_000_000_000;
const imported: TokensOptions['imported'] = [
  { prefix: 'old_', digestOf: 'whole' },
  { prefix: 'rest_', digestOf: 'rest' },
  { prefix: '', digestOf: 'whole' },
];

const sha = (text: string) => createHash('sha256').update(text);

/** A row for a key, whose hash is of `hashed`. */
function row(key: string, changes: Partial<KeyRow> = {}, hashed = key): KeyRow {
  return {
    digest: sha(hashed).digest('hex'),
    encoding: 'hex',
    kind: 'permission-set',
    name: `Key ${key.slice(0, 6)}`,
    owner: 'org:acme',
    templates: ['sender'],
    ...changes,
  };
}

describe('an imported key', () => {
  const forms: [title: string, key: string, made: KeyRow][] = [
    ['in hex', 'old_one', row('old_one')],
    ['in base64', 'old_two', row('old_two', { digest: sha('old_two').digest('base64'), encoding: 'base64' })],
    [
      'in base64url',
      'old_three',
      row('old_three', { digest: sha('old_three').digest('base64url'), encoding: 'base64url' }),
    ],
    ['of what follows its prefix', 'rest_four', row('rest_four', {}, 'four')],
    ['without a prefix', 'fivefivefive', row('fivefivefive')],
    [
      'with all printable characters in it',
      'old_!#$%&()*+-./:;<=>?@[]^_{|}~',
      row('old_!#$%&()*+-./:;<=>?@[]^_{|}~'),
    ],
  ];
  for (const [title, key, made] of forms) {
    test(`${title} verifies beside native ones, and verification rewrites nothing`, async () => {
      const store = memoryStore();
      const tokens = await deployment({ store, imported });
      const native = await createToken(tokens);
      const report = await tokens.importKeys([made], admin);
      assert.deepEqual(
        [report.complete, report.imported, report.failed],
        [true, 1, 0],
        JSON.stringify(report.outcomes),
      );
      const before = entriesOf(store);
      const verdict = await tokens.verify(key, 'messages:send');
      assert.equal(verdict.code, 'valid');
      assert.equal((await tokens.verify(native.token, 'messages:send')).code, 'valid');
      assert.equal((await tokens.verify(key, 'branch:read')).code, 'insufficient_permission');
      for (const wrong of [`${key}x`, key.slice(0, -1), key.toUpperCase()]) {
        assert.equal((await tokens.verify(wrong)).valid, false, wrong);
      }
      assert.deepEqual(entriesOf(store), before);
      assert.equal(JSON.stringify(before).includes(key), false);
    });
  }

  test('is found only if its prefix is configured', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store, imported });
    await tokens.importKeys([row('old_one'), row('rest_four', {}, 'four')], admin);
    const reads: string[][] = [];
    const watched = wrapped(store, {
      get(keys) {
        reads.push(keys);
        return store.get(keys);
      },
    });
    const without = await deployment({ store: watched });
    assert.equal((await without.verify('old_one')).code, 'malformed');
    assert.deepEqual(reads, [], 'a stranger’s text costs no read');
    const other = await deployment({ store, imported: [{ prefix: 'rest_', digestOf: 'whole' }] });
    assert.equal((await other.verify('rest_four')).valid, false);
    assert.equal((await other.verify('old_one')).valid, false);
  });

  test('keeps the values of its row', async () => {
    let now = START;
    const tokens = await deployment({ imported, now: () => now });
    const made = row('old_one', {
      hint: 'old_o',
      subject: 'profile:42',
      description: 'From the old portal',
      tags: ['old'],
      metadata: { plan: 'pro' },
      createdAt: new Date(START - 1_000),
      expiresAt: START + 1_000,
      conditions: { ips: ['10.0.0.0/8'] },
      limits: { credits: { amount: 1 } },
    });
    const { outcomes } = await tokens.importKeys([made], admin);
    const [outcome] = outcomes;
    assert.ok(outcome?.outcome === 'imported');
    const record = await tokens.get(outcome.id, admin);
    const { name, subject, description, tags, metadata, createdAt, expiresAt, createdBy } = record;
    assert.deepEqual(
      { name, subject, description, tags, metadata, createdAt, expiresAt, createdBy },
      {
        name: made.name,
        subject: 'profile:42',
        description: 'From the old portal',
        tags: ['old'],
        metadata: { plan: 'pro' },
        createdAt: START - 1_000,
        expiresAt: START + 1_000,
        createdBy: 'user:ada',
      },
    );
    assert.deepEqual(record.imported, { at: START, hint: 'old_o' });
    const verify = async (ip: string) => (await tokens.verify('old_one', undefined, { ip, consume: 1 })).code;
    assert.equal(await verify('192.0.2.1'), 'condition_failed');
    assert.equal(await verify('10.0.0.1'), 'valid');
    assert.equal(await verify('10.0.0.1'), 'usage_exceeded');
    now = START + 1_000;
    assert.equal(await verify('10.0.0.1'), 'expired');
  });

  test('works as any token: disabled, exchanged, rotated to a native secret, revoked, deleted', async () => {
    const tokens = await deployment({ imported });
    const { outcomes } = await tokens.importKeys([row('old_one', { disabled: true })], admin);
    const [outcome] = outcomes;
    assert.ok(outcome?.outcome === 'imported');
    const { id } = outcome;
    const code = async (credential = 'old_one') => (await tokens.verify(credential)).code;
    assert.equal(await code(), 'disabled');
    await tokens.enable(id, admin);
    assert.equal(await code(), 'valid');
    const { token: session } = await tokens.exchange('old_one', {});
    assert.equal(await code(String(session)), 'valid');
    const { token: next } = await tokens.rotate(id, {}, admin);
    assert.deepEqual([await code(), await code(String(next))], ['valid', 'valid']);
    await tokens.confirmRotation(id, admin);
    assert.equal(await code(), 'rotated_out');
    assert.equal(await code(String(next)), 'valid');
    await tokens.revoke(id, {}, admin);
    assert.deepEqual([await code(String(next)), await code(String(session))], ['revoked', 'revoked']);
    await tokens.delete(id, admin);
    assert.equal(await code(String(next)), 'unknown');
    assert.equal(await code(), 'malformed', 'nothing is left by which a key of another system is known');
  });
});

describe('importKeys', () => {
  test('imports row by row: existing keys stay, errors are reported, the rest continues', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store, imported });
    await tokens.importKeys([row('old_there', { name: 'There' })], admin);
    const seen: unknown[] = [];
    const rows = [
      row('old_1'),
      row('old_there', { name: 'Other name' }),
      row('old_2', { digest: 'x' }),
      row('old_3', { owner: 'org:other' }),
      row('old_4', { templates: ['nope'] }),
      row('old_5', { encoding: 'binary' as never }),
      row('old_6', { createdAt: Date.now() + 10 ** 9 }),
      row('old_7', { secret: 'x' } as never),
      row('old_8'),
    ];
    const onProgress = ({ last }: { last: { row: number } }) => seen.push(last.row);
    const report = await tokens.importKeys(rows, admin, { onProgress });
    assert.deepEqual([report.complete, report.imported, report.exists, report.failed], [true, 2, 1, 6]);
    const outcomes = report.outcomes.map((one) => [
      one.row,
      one.outcome === 'failed' ? one.code : one.outcome,
    ]);
    assert.deepEqual(outcomes, [
      [0, 'imported'],
      [1, 'exists'],
      [2, 'invalid_input'],
      [3, 'forbidden'],
      [4, 'invalid_input'],
      [5, 'invalid_input'],
      [6, 'invalid_input'],
      [7, 'invalid_input'],
      [8, 'imported'],
    ]);
    assert.deepEqual(
      seen.toSorted((one, other) => (one as number) - (other as number)),
      outcomes.map(([at]) => at),
    );
    const paths = report.outcomes.flatMap((one) => (one.outcome === 'failed' ? [one.problems[0]?.path] : []));
    assert.deepEqual(paths, ['digest', undefined, 'templates[0]', 'digest', 'createdAt', 'secret']);
    const [, there] = report.outcomes;
    assert.equal((await tokens.get((there as { id: string }).id, admin)).name, 'There');
    // A second call finds everything done.
    const again = await tokens.importKeys(rows, admin);
    assert.deepEqual([again.imported, again.exists, again.failed], [0, 3, 6]);
  });

  test('reveals no key of another owner', async () => {
    const tokens = await deployment({ imported });
    await tokens.importKeys([row('old_1')], admin);
    const { outcomes } = await tokens.importKeys([row('old_1', { owner: 'org:other' })], stranger);
    const [outcome] = outcomes;
    assert.ok(outcome?.outcome === 'failed');
    assert.equal(outcome.code, 'conflict');
    assert.equal(/acme|ada|old_1/.test(outcome.message), false);
  });

  test('in a dry run gives the same report, and changes nothing', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store, imported });
    const rows = [row('old_1'), row('old_2', { digest: 'x' })];
    const dry = await tokens.importKeys(rows, admin, { dryRun: true });
    assert.deepEqual([dry.imported, dry.failed], [1, 1]);
    assert.deepEqual(entriesOf(store), []);
  });

  test('stops at an abort and at a failing store, and the same call finishes', async () => {
    const inner = memoryStore();
    let left = Number.POSITIVE_INFINITY;
    const store = wrapped(inner, {
      get: (keys) => (left-- > 0 ? inner.get(keys) : Promise.reject(new Error('down'))),
    });
    const tokens = await deployment({ store, imported });
    const rows = Array.from({ length: 20 }, (_, at) => row(`old_${at}`, { name: `Key ${at}` }));
    const abort = new AbortController();
    const onProgress = ({ imported: done }: { imported: number }) => done === 3 && abort.abort();
    const stopped = await tokens.importKeys(rows, admin, {
      signal: abort.signal,
      onProgress: onProgress as never,
    });
    assert.equal(stopped.complete, false);
    assert.ok(stopped.imported >= 3 && stopped.imported < 20);
    left = 12;
    const error = (await tokens.importKeys(rows, admin).catch((thrown) => thrown)) as LeastkeyError;
    assert.equal(error.code, 'store_unavailable');
    assert.equal((error.report as { complete: boolean }).complete, false);
    left = Number.POSITIVE_INFINITY;
    async function* later() {
      yield* rows;
    }
    const rest = await tokens.importKeys(later(), admin);
    assert.deepEqual([rest.complete, rest.imported + rest.exists, rest.failed], [true, 20, 0]);
    for (let at = 0; at < 20; at++) assert.equal((await tokens.verify(`old_${at}`)).code, 'valid');
    assert.equal((await tokens.list({ owner: 'org:acme', limit: 200 }, admin)).items.length, 20);
  });

  test('gives no key more permissions than its importer has', async () => {
    const tokens = await deployment({ imported, catalog });
    const bob: Actor = { id: 'user:bob', permissions: ['branch:read'] };
    const { outcomes } = await tokens.importKeys([row('old_1', { owner: 'user:bob' })], bob);
    assert.equal((outcomes[0] as { code?: string }).code, 'exceeds_ceiling');
  });

  test('never treats a native credential as a key', async () => {
    const tokens = await deployment({ imported });
    const { token } = await createToken(tokens);
    // A hash of the text of a native credential gives no access: the record of its id decides.
    const { outcomes } = await tokens.importKeys(
      [row(token, { name: 'Trick', add: ['branch:read'] })],
      admin,
    );
    assert.equal(outcomes[0]?.outcome, 'imported');
    assert.ok(token.startsWith(PREFIX));
    assert.equal((await tokens.verify(token, 'branch:read')).code, 'insufficient_permission');
  });
});

describe('errors in `imported` are reported', () => {
  for (const [wrong, path] of [
    ['old_', 'imported'],
    [[{ prefix: 'ä', digestOf: 'whole' }], 'imported[0].prefix'],
    [[{ digestOf: 'whole' }], 'imported[0].prefix'],
    [[{ prefix: 'old_', digestOf: 'half' }], 'imported[0].digestOf'],
    [[{ prefix: 'old_', salt: 'x' }], 'imported[0].salt'],
  ] as const) {
    test(JSON.stringify(wrong), () =>
      assert.rejects(deployment({ imported: wrong as never }), { code: 'invalid_input', path }),
    );
  }
});
