/**
 * The audit trail: who, what, why, before and after; read by pages, exported, and verified by its
 * hash chain.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Actor, AuditEntry, AuditHead, SyncStore, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input, stranger } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';

const root: Actor = { id: 'user:root', roles: { '': 'admin' } };
const OWNER = { owner: 'org:acme' };

async function lines(
  tokens: Tokens,
  query: { owner: string; after?: number } = OWNER,
): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  for await (const line of tokens.exportAudit(query, admin)) {
    assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'));
    all.push(JSON.parse(line));
  }
  return all;
}

describe('the trail of an owner', () => {
  test('has every change of a token: who, what, why, and what it changed', async () => {
    const tokens = await deployment({ imported: [{ prefix: 'old_', digestOf: 'whole' }] });
    const { token, id } = await createToken(tokens);
    const actor = { ...admin, id: 'user:bob' };
    await tokens.edit(id, { description: 'Why', tags: ['ci'] }, actor);
    await tokens.disable(id, admin);
    await tokens.enable(id, admin);
    await tokens.rotate(id, {}, admin);
    await tokens.abortRotation(id, admin);
    await tokens.rotate(id, {}, admin);
    await tokens.confirmRotation(id, admin);
    await tokens.verify(token);
    await tokens.flush();
    const { digest } = { digest: createHash('sha256').update('old_1').digest('hex') };
    await tokens.importKeys([{ ...input({ name: 'Old' }), digest, encoding: 'hex' }], admin);
    await tokens.revoke(id, { reason: 'laptop stolen' }, actor);
    await tokens.delete(id, admin);
    const { items } = await tokens.audit({ ...OWNER, order: 'oldest', token: id }, admin);
    assert.deepEqual(
      items.map(({ operation }) => operation),
      [
        'create',
        'edit',
        'disable',
        'enable',
        'rotate',
        'abortRotation',
        'rotate',
        'confirmRotation',
        'flush',
        'revoke',
        'delete',
      ],
    );
    const [, edited] = items;
    assert.deepEqual(
      [edited?.actor, edited?.token, edited?.before, edited?.after],
      ['user:bob', id, { revision: 1 }, { description: 'Why', tags: ['ci'], revision: 2 }],
    );
    const revoked = items.at(-2);
    assert.deepEqual(
      [revoked?.actor, revoked?.reason, revoked?.after.status],
      ['user:bob', 'laptop stolen', 'revoked'],
    );
    const all = await lines(tokens);
    assert.equal(all.length, items.length + 1);
    assert.deepEqual(
      all.map(({ seq }) => seq),
      all.map((_, at) => at + 1),
    );
  });

  test('has the changes of accounts, of sweeps and of sessions', async () => {
    const tokens = await deployment();
    await tokens.accounts.put({ id: 'org:acme', roles: { 'org:acme': 'admin' } }, root);
    await tokens.accounts.disable('org:acme', root);
    await tokens.accounts.enable('org:acme', root);
    const { token, id } = await createToken(tokens);
    await tokens.exchange(token, {});
    await tokens.revokeAll(OWNER, { reason: 'leak' }, admin);
    const { items } = await tokens.audit({ ...OWNER, order: 'oldest' }, admin);
    assert.deepEqual(
      items.map(({ operation, actor, token: of, account, reason }) => [
        operation,
        actor,
        of ?? account,
        reason,
      ]),
      [
        ['putAccount', 'user:root', 'org:acme', undefined],
        ['disableAccount', 'user:root', 'org:acme', undefined],
        ['enableAccount', 'user:root', 'org:acme', undefined],
        ['create', 'user:ada', id, undefined],
        ['exchange', `token:${id}`, items[4]?.token, undefined],
        ['revokeAll', 'user:ada', id, 'leak'],
      ],
    );
    const ofAccount = await tokens.audit({ ...OWNER, account: 'org:acme' }, admin);
    assert.deepEqual(
      ofAccount.items.map(({ operation }) => operation),
      ['enableAccount', 'disableAccount', 'putAccount'],
    );
  });

  test('is read by pages from either end, exported whole, and only for actors who manage the owner', async () => {
    const tokens = await deployment();
    for (let at = 0; at < 7; at++) await createToken(tokens, { name: `Token ${at}` });
    for (const [order, expected] of [
      [undefined, [7, 6, 5, 4, 3, 2, 1]],
      ['oldest', [1, 2, 3, 4, 5, 6, 7]],
    ] as const) {
      const seen: number[] = [];
      let after: number | undefined;
      do {
        const query = { ...OWNER, limit: 3, ...(order && { order }), ...(after !== undefined && { after }) };
        const page = await tokens.audit(query, admin);
        assert.ok(page.items.length <= 3);
        seen.push(...page.items.map(({ seq }) => seq));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(seen, expected);
    }
    assert.deepEqual(
      (await lines(tokens)).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      (await lines(tokens, { ...OWNER, after: 5 })).map(({ seq }) => seq),
      [6, 7],
    );
    await assert.rejects(tokens.audit(OWNER, stranger), { code: 'forbidden' });
    await assert.rejects(tokens.exportAudit(OWNER, stranger).next(), { code: 'forbidden' });
    await assert.rejects(tokens.audit({} as never, admin), { code: 'invalid_input', path: 'owner' });
    const reason = new Error('over');
    const lineReader = tokens.exportAudit(OWNER, admin, { signal: AbortSignal.abort(reason) });
    await assert.rejects(lineReader.next(), (error) => error === reason);
  });
});

describe('verifyAudit', () => {
  /** A store with a trail of five entries. */
  async function trail() {
    const store = memoryStore();
    const tokens = await deployment({ store });
    for (let at = 0; at < 5; at++) await createToken(tokens, { name: `Token ${at}` });
    const entries = entriesOf(store).filter(({ key }) => key.startsWith('audit/'));
    assert.equal(entries.length, 5);
    return { store, tokens, entries };
  }

  type Entries = { key: string; value: string }[];
  const at = (entries: Entries, index: number) => entries[index] as Entries[number];
  const attacks: Record<string, [attack: (store: SyncStore, entries: Entries) => unknown, seq: number]> = {
    'an entry that was altered': [
      (store, entries) => {
        const { key, value } = at(entries, 2);
        return store.commit([{ key, value: value.replace('user:ada', 'user:eve') }]);
      },
      3,
    ],
    'an entry that was removed': [
      (store, entries) => store.commit([{ key: at(entries, 2).key, value: null }]),
      3,
    ],
    'an entry put in the place of another': [
      (store, entries) => store.commit([{ key: at(entries, 2).key, value: at(entries, 1).value }]),
      3,
    ],
    'a tail that was cut off': [
      (store, entries) => store.commit([{ key: at(entries, 4).key, value: null }]),
      5,
    ],
    'an entry that is none': [
      (store, entries) => store.commit([{ key: at(entries, 0).key, value: '{}' }]),
      1,
    ],
  };
  for (const [title, [attack, seq]] of Object.entries(attacks)) {
    test(`finds ${title}`, async () => {
      const { store, tokens, entries } = await trail();
      assert.equal((await tokens.verifyAudit('org:acme')).intact, true);
      attack(store, entries);
      const { intact, problem, head } = await tokens.verifyAudit('org:acme');
      assert.deepEqual([intact, problem?.seq, head], [false, seq, undefined]);
      assert.ok((problem?.message.length ?? 0) > 5);
    });
  }

  test('continues after a break, and finds the next one', async () => {
    const { store, tokens, entries } = await trail();
    for (const index of [1, 3]) {
      const { key, value } = at(entries, index);
      store.commit([{ key, value: value.replace('user:ada', 'user:eve') }]);
    }
    const found: unknown[] = [];
    for (let after: AuditHead | undefined; ; ) {
      const check = await tokens.verifyAudit('org:acme', after && { after });
      found.push(check.problem?.seq);
      if (check.next === undefined) break;
      after = check.next;
    }
    assert.deepEqual(found, [2, 4, undefined]);
  });

  test('with a kept head finds a trail that was restored or rewritten, and reads only the entries since', async () => {
    const { store, tokens, entries } = await trail();
    const before = entriesOf(store).find(({ key }) => key.startsWith('audit-head/'));
    const { head } = await tokens.verifyAudit('org:acme');
    assert.ok(head && before);
    assert.equal(head.seq, 5);
    assert.equal(head.hash, createHash('sha256').update(at(entries, 4).value).digest('hex'));
    await createToken(tokens, { name: 'Sixth' });
    const since = await tokens.verifyAudit('org:acme', { after: head });
    assert.deepEqual([since.intact, since.checked, since.head?.seq], [true, 1, 6]);
    const forged = { ...head, hash: '0'.repeat(64) };
    assert.equal((await tokens.verifyAudit('org:acme', { after: forged })).intact, false);
    for (const after of [{ hash: head.hash }, { seq: 5 }, { ...head, hash: 'x' }, 5]) {
      await assert.rejects(tokens.verifyAudit('org:acme', { after: after as never }), {
        code: 'invalid_input',
      });
    }
  });

  test('reports progress by page, and ends with its signal', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { id } = await createToken(tokens);
    for (let turn = 0; turn < 125; turn++) {
      await tokens.disable(id, admin);
      await tokens.enable(id, admin);
    }
    const seen: number[] = [];
    const check = await tokens.verifyAudit('org:acme', { onProgress: ({ checked }) => seen.push(checked) });
    assert.deepEqual([check.intact, check.checked, check.head?.seq, seen], [true, 251, 251, [200]]);
    assert.equal((await lines(tokens)).length, 251);
    const reason = new Error('over');
    const aborted = tokens.verifyAudit('org:acme', { signal: AbortSignal.abort(reason) });
    await assert.rejects(aborted, (error) => error === reason);
    assert.deepEqual(await tokens.verifyAudit('org:nobody'), { intact: true, checked: 0 });
  });

  test('a damaged entry is reported by audit, and ends an export with an error, after all readable ones', async () => {
    const { store, tokens, entries } = await trail();
    store.commit([{ key: at(entries, 2).key, value: '{}' }]);
    const page = await tokens.audit(OWNER, admin);
    assert.deepEqual([page.items.map(({ seq }) => seq), page.unreadable], [[5, 4, 2, 1], [3]]);
    const exported: number[] = [];
    await assert.rejects(
      async () => {
        for await (const line of tokens.exportAudit(OWNER, admin)) exported.push(JSON.parse(line).seq);
      },
      { code: 'store_unavailable', message: /\b3\b/ },
    );
    assert.deepEqual(exported, [1, 2, 4, 5]);
  });
});
