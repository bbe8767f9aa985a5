import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Entry, SyncStore } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, createToken, deployment, input, PREFIX } from '../support/deployment.js';
import { temporaryFile } from '../support/temporary-file.js';

const stores: [string, (run: (store: SyncStore) => Promise<void>) => Promise<void>][] = [
  ['memory', (run) => run(memoryStore())],
  [
    'SQLite',
    async (run) => {
      const file = temporaryFile();
      const store = sqliteStore({ path: file.path });
      try {
        await run(store);
      } finally {
        store.close();
        file.remove();
      }
    },
  ],
];

test('instants are given as dates, as instants with an offset, as a Date and in milliseconds', async () => {
  const tokens = await deployment();
  const ends = Date.UTC(2031, 1, 1);
  for (const [expiresAt, expected] of [
    ['2031-01-31', ends],
    ['2031-02-01T00:00Z', ends],
    ['2031-02-01T01:00:00+01:00', ends],
    [new Date(ends), ends],
    [ends, ends],
  ] as const) {
    const { record } = await createToken(tokens, { expiresAt });
    assert.equal(record.expiresAt, expected, String(expiresAt));
  }
  const { record } = await createToken(tokens, { notBefore: '2031-01-31' });
  assert.equal(record.notBefore, Date.UTC(2031, 0, 31));
});

for (const [name, withStore] of stores) {
  describe(`the life of a token: ${name}`, () => {
    test('created, verified, disabled, enabled, revoked, deleted', () =>
      withStore(async (store) => {
        const tokens = await deployment({ store });
        const { token, record, id } = await createToken(tokens, { subject: 'profile:42', expiresIn: '90d' });

        assert.match(token, new RegExp(`^${tokens.pattern()}$`));
        assert.ok(token.startsWith(`${PREFIX}_`));
        assert.ok(token.includes(id));
        assert.equal(record.status, 'active');
        assert.deepEqual(record.permissions, ['messages:send', 'messages:status']);
        assert.deepEqual(record.templates, [{ id: 'sender', version: 1 }]);
        assert.equal(record.createdBy, 'user:ada');
        assert.equal((record.expiresAt as number) - record.createdAt, 90 * 86_400_000);
        assert.equal(JSON.stringify(record).includes(token.slice(-20)), false);

        const verdict = await tokens.verify(token, 'messages:send');
        assert.equal(verdict.valid, true);
        assert.equal(verdict.code, 'valid');
        assert.equal(verdict.status, 200);
        assert.equal(verdict.error, undefined);
        assert.equal(verdict.token?.id, id);
        assert.equal(verdict.token?.subject, 'profile:42');
        assert.deepEqual(verdict.token?.permissions, ['messages:send', 'messages:status']);
        assert.deepEqual(await tokens.get(id, admin), record);
        assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, [
          { ...record, permissionCount: record.permissions.length },
        ]);

        const lacking = await tokens.verify(token, ['messages:send', 'branch:create']);
        assert.equal(lacking.code, 'insufficient_permission');
        assert.equal(lacking.status, 403);
        assert.equal(lacking.error, 'insufficient_scope');
        assert.deepEqual(lacking.missing, ['branch:create']);

        const disabled = await tokens.disable(id, admin);
        assert.equal(disabled.status, 'disabled');
        assert.ok(disabled.revision > record.revision);
        assert.equal((await tokens.verify(token)).code, 'disabled');
        assert.equal((await tokens.enable(id, admin)).status, 'active');
        assert.equal((await tokens.verify(token)).code, 'valid');

        const revoked = await tokens.revoke(id, { reason: 'pasted into a chat' }, admin);
        assert.equal(revoked.status, 'revoked');
        assert.equal(revoked.reason, 'pasted into a chat');
        assert.equal((await tokens.verify(token)).code, 'revoked');
        assert.equal((await tokens.verify(token)).status, 401);
        await assert.rejects(tokens.enable(id, admin), { code: 'terminal' });
        await assert.rejects(tokens.disable(id, admin), { code: 'terminal' });
        assert.equal((await tokens.get(id, admin)).status, 'revoked');

        assert.deepEqual(await tokens.delete(id, admin), { id });
        assert.equal((await tokens.verify(token)).code, 'unknown');
        await assert.rejects(tokens.get(id, admin), { code: 'not_found' });
        assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, []);
      }));

    test('an idempotency key makes one token, and returns its credential once', () =>
      withStore(async (store) => {
        const tokens = await deployment({ store });
        const first = await tokens.create(input({ idempotencyKey: 'order-1' }), admin);
        const again = await tokens.create(input({ idempotencyKey: 'order-1' }), admin);
        assert.equal(again.token, null);
        assert.deepEqual(again.record, first.record);
        await assert.rejects(tokens.create(input({ idempotencyKey: 'order-1', name: 'Other' }), admin), {
          code: 'conflict',
        });
        assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 1);
      }));

    test('a list has all tokens of an owner by pages, newest first, and no others', () =>
      withStore(async (store) => {
        let now = 1_800_000_000_000;
        const tokens = await deployment({ store, now: () => now });
        const ids: string[] = [];
        for (let index = 0; index < 25; index++) {
          now += 1_000;
          ids.unshift((await createToken(tokens, { name: `Token ${index}` })).id);
        }
        const other = { id: 'user:bob', roles: { 'org:acme2': 'admin' } };
        await tokens.create(input({ owner: 'org:acme2' }), other);
        const walked: string[] = [];
        let after: string | undefined;
        do {
          const page = await tokens.list({ owner: 'org:acme', limit: 4, ...(after && { after }) }, admin);
          assert.ok(page.items.length <= 4);
          walked.push(...page.items.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        assert.deepEqual(walked, ids);
        await tokens.disable(ids[3] as string, admin);
        const disabled = await tokens.list({ owner: 'org:acme', status: 'disabled' }, admin);
        assert.deepEqual(
          disabled.items.map(({ id }) => id),
          [ids[3]],
        );
      }));

    test('a token is refused before its start and from its expiry on', () =>
      withStore(async (store) => {
        let now = 1_800_000_000_000;
        const tokens = await deployment({ store, now: () => now });
        const { token } = await createToken(tokens, {
          notBefore: new Date(now + 1_000),
          expiresAt: now + 2_000,
        });
        const codes = [];
        for (now of [now, now + 999, now + 1_000, now + 1_999, now + 2_000, now + 10 ** 12]) {
          codes.push((await tokens.verify(token)).code);
        }
        assert.deepEqual(codes, ['not_yet_valid', 'not_yet_valid', 'valid', 'valid', 'expired', 'expired']);
      }));

    test('a change touches no other token', () =>
      withStore(async (store) => {
        const tokens = await deployment({ store });
        const kept = await createToken(tokens, { name: 'Kept' });
        const { id } = await createToken(tokens, { name: 'Changed' });
        const isKept = (entry: Entry) => entry.key.includes(kept.id) || entry.value.includes(kept.id);
        const before = store.list({ prefix: '', limit: 1_000 }).filter(isKept);
        assert.ok(before.length >= 2, 'a record and its place in the list');
        await tokens.disable(id, admin);
        await tokens.enable(id, admin);
        await tokens.revoke(id, {}, admin);
        await tokens.delete(id, admin);
        assert.deepEqual(store.list({ prefix: '', limit: 1_000 }).filter(isKept), before);
        assert.equal((await tokens.verify(kept.token)).valid, true);
      }));
  });
}
