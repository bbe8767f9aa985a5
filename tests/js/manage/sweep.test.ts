/**
 * `revokeAll` with concurrent calls: tokens made meanwhile, tokens that revoked tokens had made,
 * its cost, and that it yields to the event loop.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Actor, BulkReport, Store, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, deployment, input } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const root: Actor = { id: 'user:root', roles: { '': 'admin' } };

/** A token that manages `at`: its credential, its id, and the actor that it is. */
async function manager(tokens: Tokens, owner: string, at: string, actor: Actor = root, expiresIn = '9d') {
  const asked = { name: 'Manager', owner, resource: at, role: 'admin', expiresIn };
  const { token, record } = await tokens.create(input(asked), actor);
  return { token: token as string, id: record.id, actor: { token: record.id } };
}

async function some(tokens: Tokens, count: number, owner = 'org:acme', actor: Actor = root) {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const { record } = await tokens.create(input({ name: `Token ${at}`, owner, expiresIn: '1d' }), actor);
    ids.push(record.id);
  }
  return ids;
}

const sorted = (ids: Iterable<string>) => [...ids].sort();

describe('tokens that are made meanwhile', () => {
  test('a leaked admin token that makes another after the first page does not leave it alive', async () => {
    const tokens = await deployment();
    const leaked = await manager(tokens, 'org:acme', 'org:acme');
    const made = await some(tokens, 40);
    const late: string[] = [];
    let trying = true;
    const pages: Promise<unknown>[] = [];
    const onProgress = () => {
      if (!trying) return;
      const page = some(tokens, 1, 'org:acme', leaked.actor).then(
        (ids) => late.push(...ids),
        () => {
          trying = false;
        },
      );
      pages.push(page);
    };
    const report = await tokens.revokeAll({ owner: 'org:acme' }, { onProgress }, root);
    await Promise.all(pages);
    assert.ok(late.length > 0, 'it made some');
    assert.ok(!trying, 'until it had ended itself');
    assert.deepEqual(sorted(report.ids), sorted([...made, leaked.id, ...late]));
    for (const id of [...made, ...late]) assert.equal((await tokens.get(id, root)).status, 'revoked');
  });

  test('of many owners, more than a sweep tracks: tokens that they make before the last pass end too', async () => {
    const tokens = await deployment();
    const owners = Array.from({ length: 70 }, (_, at) => `org:acme/group:${at}`);
    for (const owner of owners) await some(tokens, 2, owner);
    const late: string[] = [];
    let page = 0;
    const pages: Promise<unknown>[] = [];
    const onProgress = () => {
      page += 1;
      const owner = { 1: owners[3], 5: owners[69], 40: owners[0], 60: 'org:acme/group:new' }[page];
      if (owner !== undefined) pages.push(some(tokens, 1, owner).then((ids) => late.push(...ids)));
    };
    const report = await tokens.revokeAll({ owner: 'org:acme' }, { onProgress }, root);
    await Promise.all(pages);
    assert.equal(late.length, 4);
    assert.equal(report.ids.length, 144);
    for (const id of late) assert.equal((await tokens.get(id, root)).status, 'revoked');
  });
});

describe('tokens that revoked tokens had made', () => {
  test('a token made by a token made by a revoked token ends too, wherever it is', async () => {
    const tokens = await deployment();
    const first = await manager(tokens, 'user:7', 'org:acme');
    const second = await manager(tokens, 'org:acme/group:a', 'org:acme/group:b', first.actor, '8d');
    const third = await some(tokens, 20, 'org:acme/group:b', second.actor);
    const others = await some(tokens, 2, 'org:acme/group:b');
    const dry = await tokens.revokeAll({ owner: 'user:7' }, { dryRun: true }, root);
    assert.deepEqual(sorted(dry.ids), sorted([first.id, second.id, ...third]));
    assert.equal((await tokens.verify(second.token)).code, 'valid');
    const report = await tokens.revokeAll({ owner: 'user:7' }, {}, root);
    assert.deepEqual(sorted(report.ids), sorted([first.id, second.id, ...third]));
    assert.equal((await tokens.verify(second.token)).code, 'revoked');
    for (const id of others) assert.equal((await tokens.get(id, root)).status, 'active');
    const again = await tokens.revokeAll({ owner: 'user:7' }, {}, root);
    assert.deepEqual([again.ids, again.already, again.complete], [[], 1, true]);
  });

  test('an edit that removed the role of a maker hides nothing', async () => {
    const tokens = await deployment({ catalog: editable });
    const leaked = await manager(tokens, 'user:7', 'org:acme');
    const made = await some(tokens, 1, 'org:acme', leaked.actor);
    await tokens.edit(leaked.id, { templates: ['sender'] }, root);
    assert.equal((await tokens.get(leaked.id, root)).role, undefined);
    const report = await tokens.revokeAll({ owner: 'user:7' }, {}, root);
    assert.deepEqual(sorted(report.ids), sorted([leaked.id, ...made]));
  });

  test('interrupted after the maker, the same call continues with the tokens that it made', async () => {
    const tokens = await deployment();
    const leaked = await manager(tokens, 'user:7', 'org:acme');
    const made = await some(tokens, 30, 'org:acme', leaked.actor);
    const abort = new AbortController();
    const first = await tokens.revokeAll(
      { owner: 'user:7' },
      { signal: abort.signal, onProgress: () => abort.abort() },
      root,
    );
    assert.deepEqual([first.ids, first.complete], [[leaked.id], false]);
    const rest = await tokens.revokeAll({ owner: 'user:7' }, {}, root);
    assert.deepEqual(sorted(rest.ids), sorted(made));
  });

  test('tokens that the actor may not end are reported', async () => {
    const tokens = await deployment();
    const leaked = await manager(tokens, 'org:acme', 'org:other');
    const made = await some(tokens, 1, 'org:other', leaked.actor);
    const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
    assert.deepEqual([report.ids, report.notAllowed], [[leaked.id], made]);
    const after = JSON.stringify({ pass: 1, began: 0, over: true, makers: [leaked.id] });
    const stranger: Actor = { id: 'user:eve', roles: { 'org:third': 'admin' } };
    const forged = await tokens.revokeAll({ owner: 'org:third', after }, {}, stranger);
    assert.deepEqual([forged.ids, forged.notAllowed], [[], []], 'and to nobody else');
  });

  test('a forged cursor ends no token that its actor may not end', async () => {
    const tokens = await deployment();
    const [foreign] = await some(tokens, 1, 'org:other');
    const maker = await manager(tokens, 'org:other', 'org:other');
    const made = await some(tokens, 1, 'org:other', maker.actor);
    const forgeries = [
      { over: true, own: foreign },
      { over: true, found: true, own: maker.id },
      { makers: [maker.id] },
      { path: [{ id: maker.id }] },
      { at: 'owner/org:other/' },
      { at: 'owner/org:other/', pass: 2 },
      { over: true, found: true, told: [foreign] },
    ];
    for (const forged of forgeries) {
      const after = JSON.stringify({ pass: 1, began: 0, ...forged });
      const report = await tokens.revokeAll({ owner: 'org:acme', after }, {}, admin);
      assert.deepEqual([report.ids, report.notAllowed, report.complete], [[], [], true], after);
    }
    for (const id of [foreign as string, maker.id, ...made])
      assert.equal((await tokens.get(id, root)).status, 'active');
    for (const after of ['', 'x', '{}', '{"pass":1}', '{"pass":1,"began":0,"more":1}'])
      await assert.rejects(tokens.revokeAll({ owner: 'org:acme', after }, {}, admin), {
        code: 'invalid_input',
        path: 'after',
      });
  });

  test('a token that sweeps ends itself and its own tokens last', async () => {
    const tokens = await deployment();
    const older = await some(tokens, 20);
    const own = await manager(tokens, 'org:acme', '');
    const made = await some(tokens, 20, 'org:acme', own.actor);
    const elsewhere = await some(tokens, 1, 'org:other', own.actor);
    const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, own.actor);
    assert.equal(report.complete, true);
    assert.deepEqual(sorted(report.ids), sorted([...older, ...made, ...elsewhere, own.id]));
    assert.equal(report.ids.at(-1), own.id);
  });
});

const editable = {
  version: '1',
  services: { messages: { title: 'Messages', permissions: { send: 'Send' } } },
  templates: { sender: { title: 'Sender', permissions: ['messages:send'] } },
  kinds: { 'permission-set': { editable: ['permissions'] } },
} as const;

/** A store that counts its calls. */
function counting(inner: Store) {
  const counts = { keys: 0, entries: 0, commits: 0 };
  const store = wrapped(inner, {
    get(keys) {
      counts.keys += keys.length;
      return inner.get(keys);
    },
    async list(range) {
      const entries = await inner.list(range);
      counts.entries += entries.length;
      return entries;
    },
    commit(writes) {
      counts.commits += 1;
      return inner.commit(writes);
    },
  });
  return { store, counts };
}

test('a sweep reads each record once and fills its commits', async () => {
  const inner = memoryStore();
  const maker = await deployment({ store: inner });
  const made = await some(maker, 2_000);
  const { store, counts } = counting(inner);
  const tokens = await deployment({ store });
  const report = await tokens.revokeAll({ owner: 'org:acme' }, {}, admin);
  assert.deepEqual(sorted(report.ids), sorted(made));
  const { keys, entries, commits } = counts;
  const each = { keys: keys / 2_000, entries: entries / 2_000, commits: commits / 2_000 };
  assert.ok(each.keys <= 3 && each.entries <= 1.2 && each.commits <= 0.11, JSON.stringify(each));
});

test('a purge reads each record no more than a few times', async () => {
  const clock = { now: 1_800_000_000_000 };
  const inner = memoryStore({ now: () => clock.now });
  const now = () => clock.now;
  await some(await deployment({ store: inner, now }), 500);
  clock.now += 100 * 86_400_000;
  const { store, counts } = counting(inner);
  const report = await (await deployment({ store, now })).purge();
  assert.equal(report.ids.length, 500);
  const { keys, entries, commits } = counts;
  const each = { keys: keys / 500, entries: entries / 500, commits: commits / 500 };
  assert.ok(each.keys <= 6 && each.entries <= 2 && each.commits <= 0.34, JSON.stringify(each));
});

describe('a turn of the event loop between the pages', () => {
  const DIGESTS = Array.from({ length: 60 }, (_, at) => at.toString(16).padStart(64, '0'));
  const rows = () =>
    DIGESTS.map((digest, at) => ({ ...input({ name: `Key ${at}` }), digest, encoding: 'hex' }));

  const clock = { now: 1_800_000_000_000 };
  type Report = Pick<BulkReport, 'complete'>;
  type Long = (tokens: Tokens, signal: AbortSignal) => Promise<Report>;
  const calls: Record<string, Long> = {
    revokeAll: (tokens, signal) => tokens.revokeAll({ owner: 'org:acme' }, { signal }, admin),
    purge: (tokens, signal) => tokens.purge({ overFor: '1d' }, { signal }),
    importKeys: (tokens, signal) => tokens.importKeys(rows() as never, admin, { signal }),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(`${name} on a store that answers at once is stopped by a signal from outside`, async () => {
      const tokens = await deployment({
        now: () => clock.now,
        imported: [{ prefix: 'old_', digestOf: 'whole' }],
      });
      await some(tokens, 60);
      clock.now += 10 * 86_400_000;
      const abort = new AbortController();
      // Process signals, requests and timers all need a turn of the event loop; microtasks alone
      // give none.
      setImmediate(() => abort.abort());
      const report = await call(tokens, abort.signal);
      assert.equal(report.complete, false);
      const rest = await call(tokens, new AbortController().signal);
      assert.equal(rest.complete, true);
    });
  }

  test('verifyAudit yields to the event loop', async () => {
    const tokens = await deployment();
    await some(tokens, 450);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    const seen: boolean[] = [];
    await tokens.verifyAudit('org:acme', { onProgress: () => seen.push(turned) });
    assert.deepEqual(seen, [false, true]);
  });
});
