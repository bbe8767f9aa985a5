/**
 * `revokeAll` (see also sweep.test.ts) and `purge`: they affect all matching tokens and no others,
 * over pages, when interrupted, and when two run at once.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Actor, BulkProgress, LeastkeyError, Store, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { wrapped } from '../support/wrapped-store.js';

const root: Actor = { id: 'user:root', roles: { '': 'admin' } };
const START = 1_800_000_000_000;
const DAY = 86_400_000;

async function many(tokens: Tokens, count: number, changes: Record<string, unknown> = {}) {
  const made = [];
  for (let at = 0; at < count; at++) {
    const { token, record } = await tokens.create({ ...input(changes), name: `Token ${at}` }, root);
    made.push({ token: token as string, id: record.id });
  }
  return made;
}

/** A store that loses the answer of every other commit after applying it, and then calls back. */
function losing(inner: Store, then: (lost: number) => unknown): Store {
  let commits = 0;
  return wrapped(inner, {
    async commit(writes) {
      const applied = await inner.commit(writes);
      commits += 1;
      if (!applied || commits % 2 === 0) return applied;
      await then(commits);
      throw new Error('lost');
    },
  });
}

const idsOf = (made: { id: string }[]) => made.map(({ id }) => id).sort();

describe('revokeAll', () => {
  test('revokes exactly the tokens that match owner, tag and subject, also below the owner', async () => {
    const tokens = await deployment();
    const acme = { owner: 'org:acme', tags: ['ci'], subject: 'profile:1' };
    const cases = {
      own: await many(tokens, 1, acme),
      below: await many(tokens, 1, { ...acme, owner: 'org:acme/group:eng' }),
      neighbor: await many(tokens, 1, { ...acme, owner: 'org:acme2' }),
      untagged: await many(tokens, 1, { ...acme, tags: ['night'] }),
      other: await many(tokens, 1, { ...acme, subject: 'profile:2' }),
    };
    const dry = await tokens.revokeAll({ owner: 'org:acme', tag: 'ci' }, { dryRun: true }, admin);
    const expected = idsOf([...cases.own, ...cases.below, ...cases.other]);
    assert.deepEqual(dry.ids.toSorted(), expected);
    for (const { token } of Object.values(cases).flat())
      assert.equal((await tokens.verify(token)).code, 'valid');
    const query = { owner: 'org:acme', tag: 'ci', subject: 'profile:1' };
    const report = await tokens.revokeAll(query, { reason: 'runner leaked' }, admin);
    assert.deepEqual(
      { ...report, ids: report.ids.toSorted() },
      {
        complete: true,
        ids: idsOf([...cases.own, ...cases.below]),
        already: 0,
        scanned: 4,
        notAllowed: [],
        unreadable: [],
      },
    );
    assert.equal((await tokens.get(cases.own[0]?.id as string, admin)).reason, 'runner leaked');
    const codes = await Promise.all(
      Object.values(cases)
        .flat()
        .map(async ({ token }) => (await tokens.verify(token)).code),
    );
    assert.deepEqual(codes, ['revoked', 'revoked', 'valid', 'valid', 'valid']);
    const again = await tokens.revokeAll(query, {}, admin);
    assert.deepEqual([again.ids, again.already], [[], 2]);
    assert.equal(
      (await tokens.get(cases.own[0]?.id as string, admin)).reason,
      'runner leaked',
      'the first reason stays',
    );
    // All tokens of a subject, everywhere: needs an admin of the root.
    await assert.rejects(tokens.revokeAll({ subject: 'profile:1' }, {}, admin), { code: 'forbidden' });
    assert.deepEqual(
      (await tokens.revokeAll({ subject: 'profile:1' }, {}, root)).ids.toSorted(),
      idsOf([...cases.neighbor, ...cases.untagged]),
    );
  });

  const refusals: [title: string, query: unknown, options: unknown, code: string, path?: string][] = [
    ['nothing that is meant', {}, {}, 'invalid_input', 'owner'],
    ['no query', undefined, {}, 'invalid_input', 'query'],
    ['an unknown member', { owner: 'org:acme', kind: 'x' }, {}, 'invalid_input', 'kind'],
    ['an unknown option', { owner: 'org:acme' }, { force: true }, 'invalid_input', 'force'],
    ['a dry run that is neither', { owner: 'org:acme' }, { dryRun: 1 }, 'invalid_input', 'dryRun'],
    ['somebody else’s owner', { owner: 'org:other' }, {}, 'forbidden'],
    ['everybody, of an admin of some', { owner: '' }, {}, 'forbidden'],
  ];
  for (const [title, query, options, code, path] of refusals) {
    test(`refuses ${title}`, async () => {
      const tokens = await deployment();
      await assert.rejects(tokens.revokeAll(query as never, options as never, admin), {
        code,
        ...(path !== undefined && { path }),
      });
    });
  }

  test('reports progress by page, stops at an abort, and continues from there or from the start', async () => {
    const tokens = await deployment();
    const made = await many(tokens, 40);
    const seen: BulkProgress[] = [];
    const abort = new AbortController();
    const onProgress = (progress: BulkProgress) => {
      seen.push(progress);
      if (seen.length === 2) abort.abort();
    };
    const stopped = await tokens.revokeAll(
      { owner: 'org:acme' },
      { onProgress, signal: abort.signal },
      admin,
    );
    assert.equal(stopped.complete, false);
    assert.ok(stopped.next && stopped.ids.length > 0 && stopped.ids.length < 40);
    assert.deepEqual(
      seen.flatMap(({ ids }) => ids),
      stopped.ids,
    );
    assert.equal(seen.at(-1)?.changed, stopped.ids.length);
    const rest = await tokens.revokeAll({ owner: 'org:acme', after: stopped.next }, {}, admin);
    assert.deepEqual([...stopped.ids, ...rest.ids].sort(), idsOf(made));
    assert.deepEqual([rest.complete, rest.already], [true, 0]);
    const anew = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
    assert.deepEqual([anew.ids, anew.already], [[], 40]);
  });

  test('by two concurrent calls: each token once, every call complete', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const other = await deployment({ store });
    const made = await many(tokens, 15);
    const reports = await Promise.all(
      [tokens, other].map((one) => one.revokeAll({ owner: 'org:acme' }, { reason: 'leak' }, admin)),
    );
    const changed = reports.flatMap(({ ids }) => ids);
    assert.deepEqual(changed.sort(), idsOf(made));
    for (const { complete, ids, already } of reports)
      assert.deepEqual([complete, ids.length + already], [true, 15]);
    for (const { token } of made) assert.equal((await tokens.verify(token)).code, 'revoked');
  });

  test('has its progress in the error; the same call finishes', async () => {
    const inner = memoryStore();
    let left = Number.POSITIVE_INFINITY;
    const store = wrapped(inner, {
      commit(writes) {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('down')) : inner.commit(writes);
      },
    });
    const tokens = await deployment({ store, deadline: '2s' });
    const made = await many(tokens, 40);
    left = 2;
    const error = (await tokens
      .revokeAll({ owner: 'org:acme' }, {}, admin)
      .catch((thrown) => thrown)) as LeastkeyError;
    assert.equal(error.code, 'outcome_unknown');
    const report = error.report as { ids: string[]; complete: boolean };
    assert.equal(report.complete, false);
    assert.ok(report.ids.length > 0 && report.ids.length < 40);
    left = Number.POSITIVE_INFINITY;
    const rest = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
    assert.deepEqual([...report.ids, ...rest.ids].sort(), idsOf(made));
  });

  test('finds the result of a page whose answer was lost, while others create tokens', async () => {
    const store = memoryStore();
    const elsewhere = await deployment({ store });
    const made = await many(elsewhere, 40);
    const late: { id: string }[] = [];
    const makeLate = async (lost: number) =>
      late.push(await createToken(elsewhere, { name: `Late ${lost}` }));
    const tokens = await deployment({ store: losing(store, makeLate), deadline: '2s' });
    const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
    assert.ok(late.length > 1);
    assert.deepEqual(report.ids.toSorted(), idsOf([...made, ...late]));
    assert.deepEqual([report.complete, report.already, report.scanned], [true, 0, 40 + late.length]);
  });

  test('skips a damaged record, and reports it', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const [one, two] = await many(tokens, 2);
    assert.ok(one && two);
    store.commit([{ key: `token/${one.id}`, value: '{}' }]);
    const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
    assert.deepEqual([report.ids, report.unreadable], [[two.id], [one.id]]);
    assert.equal((await tokens.verify(one.token)).code, 'store_unavailable');
  });

  test('reports the tokens that the actor may not change', async () => {
    const tokens = await deployment();
    const bob: Actor = { id: 'user:bob', permissions: ['messages:send', 'messages:status'] };
    const own = await tokens.create(input({ owner: 'user:bob' }), bob);
    const backed = { kind: 'organization', owner: 'user:bob', expiresIn: '30d' };
    const { record } = await tokens.create(input(backed), root);
    const report = await tokens.revokeAll({ owner: 'user:bob' }, {}, bob);
    assert.deepEqual([report.ids, report.notAllowed], [[own.record.id], [record.id]]);
  });
});

describe('purge', () => {
  test('removes tokens that ended long enough ago, and none that may work again', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const tokens = await deployment({ store, now: () => clock.now });
    const made = {
      expired: await createToken(tokens, { name: 'E', expiresIn: '1d' }),
      revoked: await createToken(tokens, { name: 'R' }),
      disabled: await createToken(tokens, { name: 'D' }),
      living: await createToken(tokens, { name: 'L', expiresIn: '200d' }),
    };
    await tokens.revoke(made.revoked.id, {}, admin);
    await tokens.disable(made.disabled.id, admin);
    clock.now = START + 90 * DAY;
    const dry = await tokens.purge({ owner: 'org:acme' }, { dryRun: true }, admin);
    assert.deepEqual(dry.ids, [made.revoked.id]);
    assert.equal((await tokens.get(made.revoked.id, admin)).status, 'revoked');
    clock.now = START + 91 * DAY;
    const report = await tokens.purge({ owner: 'org:acme' }, {}, admin);
    assert.deepEqual(report.ids.toSorted(), idsOf([made.expired, made.revoked]));
    assert.deepEqual([report.complete, report.scanned], [true, 4]);
    for (const { id, token } of [made.expired, made.revoked]) {
      await assert.rejects(tokens.get(id, admin), { code: 'not_found' });
      assert.equal((await tokens.verify(token)).code, 'unknown');
    }
    assert.equal((await tokens.verify(made.living.token)).code, 'valid');
    await tokens.enable(made.disabled.id, admin);
    assert.equal((await tokens.verify(made.disabled.token)).code, 'valid');
    assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 2);
    assert.deepEqual((await tokens.purge({ overFor: '1d' })).ids, [], 'by the host itself, everybody’s');
    await assert.rejects(tokens.purge({ owner: 'org:other' }, {}, admin), { code: 'forbidden' });
    await assert.rejects(tokens.purge({ overFor: 'soon' as never }), {
      code: 'invalid_input',
      path: 'overFor',
    });
    await assert.rejects(tokens.purge({}, { reason: 'x' } as never), {
      code: 'invalid_input',
      path: 'reason',
    });
    const entries = entriesOf(store);
    assert.equal(entries.filter(({ key }) => key.startsWith('owner/')).length, 2);
  });

  test('continues after an abort, and two concurrent calls remove each token once', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const tokens = await deployment({ store, now: () => clock.now });
    const made = await many(tokens, 12, { expiresIn: '1d' });
    clock.now = START + 100 * DAY;
    const abort = new AbortController();
    const options = { onProgress: () => abort.abort(), signal: abort.signal };
    const stopped = await tokens.purge({}, options);
    assert.ok(!stopped.complete && stopped.next && stopped.ids.length < 12);
    const both = await Promise.all([tokens.purge({ after: stopped.next }), tokens.purge()]);
    const removed = [...stopped.ids, ...both.flatMap(({ ids }) => ids)];
    assert.deepEqual(removed.sort(), idsOf(made));
    assert.ok(both.every(({ complete }) => complete));
  });

  test('finds the result of a page whose answer was lost', async () => {
    const clock = { now: START };
    const store = memoryStore();
    const now = () => clock.now;
    const made = await many(await deployment({ store, now }), 40, { expiresIn: '1d' });
    clock.now = START + 100 * DAY;
    const tokens = await deployment({ store: losing(store, () => {}), now, deadline: '2s' });
    const report = await tokens.purge();
    assert.deepEqual(report.ids.toSorted(), idsOf(made));
    assert.deepEqual([report.complete, report.scanned], [true, 40]);
  });
});
