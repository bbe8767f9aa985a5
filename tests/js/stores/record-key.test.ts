/**
 * With a record key, values that another writer put into the store are refused (P7); keys can be
 * changed.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordKey, SyncStore, TokensOptions } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { instanceInUse, trapNext } from '../support/wasm-glue.js';

const OLD = 'a1'.repeat(32);
const NEW = 'b2'.repeat(32);

const sealed = (store: SyncStore, recordKey: TokensOptions['recordKey']) =>
  deployment({ store, recordKey } as Partial<TokensOptions>);

/** The entry of a token's record. */
function recordOf(store: SyncStore, id: string) {
  const entry = entriesOf(store).find(({ key }) => key === `token/${id}`);
  assert.ok(entry);
  return entry;
}

describe('a sealed store', () => {
  test('works as any other, with every value sealed', async () => {
    const store = memoryStore();
    const tokens = await sealed(store, OLD);
    const { token, id } = await createToken(tokens, { limits: { credits: { amount: 2 } } });
    assert.equal((await tokens.verify(token, 'messages:send', { consume: 1 })).remaining, 1);
    await tokens.flush();
    assert.equal((await tokens.get(id, admin)).uses, 1);
    await tokens.disable(id, admin);
    assert.equal((await tokens.verify(token)).code, 'disabled');
    const entries = entriesOf(store);
    assert.ok(entries.length >= 6);
    for (const { key, value } of entries) assert.match(value, /^\{"value":.*,"mac":"[0-9a-f]{64}"\}$/, key);
    assert.equal(JSON.stringify(entries).includes(OLD), false);
  });

  const attacks: Record<string, (value: string, other: string) => string> = {
    edited: (value) => value.replace('"messages:status"', '"messages:export"'),
    'given another status': (value) => value.replace('"disabled"', '"active"'),
    swapped: (_, other) => other,
    'without its seal': (value) => JSON.stringify(JSON.parse(value).value),
    'sealed with a made-up mac': (value) =>
      value.replace(/"mac":"./, (start) => `${start.slice(0, -1)}${start.endsWith('0') ? '1' : '0'}`),
    'with a blank more': (value) => `${value} `,
  };
  for (const [title, attack] of Object.entries(attacks)) {
    test(`refuses a record that was ${title}`, async () => {
      const store = memoryStore();
      const tokens = await sealed(store, OLD);
      const { token, id } = await createToken(tokens);
      const other = await createToken(tokens, { name: 'Other' });
      await tokens.disable(id, admin);
      const { key, value } = recordOf(store, id);
      const forged = attack(value, recordOf(store, other.id).value);
      assert.notEqual(forged, value);
      store.commit([{ key, value: forged }]);
      assert.equal((await tokens.verify(token)).code, 'store_unavailable');
      for (const call of [tokens.get(id, admin), tokens.enable(id, admin), tokens.revoke(id, {}, admin)]) {
        await assert.rejects(call, { code: 'store_unavailable' });
      }
      assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).unreadable, [id]);
      assert.equal((await tokens.verify(other.token)).code, 'valid');
    });
  }

  test('with another key, or without one, is refused', async () => {
    const store = memoryStore();
    const plain = await deployment({ store });
    const { token } = await createToken(plain);
    const tokens = await sealed(store, OLD);
    assert.equal((await tokens.verify(token)).code, 'store_unavailable');
    // It has no sealed deployment record, so nothing is written to it either.
    await assert.rejects(createToken(tokens, { owner: 'org:acme/group:eng' }), { code: 'store_unavailable' });
    const empty = memoryStore();
    const { token: ours } = await createToken(await sealed(empty, OLD));
    assert.equal((await (await sealed(empty, OLD)).verify(ours)).code, 'valid');
    assert.equal((await (await sealed(empty, NEW)).verify(ours)).code, 'store_unavailable');
  });
});

describe('a deployment that lacks the key of a sealed store', () => {
  /** A sealed store with a token, and its entries. */
  async function begun() {
    const store = memoryStore();
    const made = await createToken(await sealed(store, OLD), { limits: { credits: { amount: 9 } } });
    return { ...made, store, before: entriesOf(store), plain: await deployment({ store }) };
  }
  const said = { code: 'store_unavailable', message: /sealed.*no record key.*`recordKey`/ };

  test('reads, and overwrites no sealed value', async () => {
    const { token, id, store, before, plain } = await begun();
    assert.equal((await plain.get(id, admin)).id, id);
    assert.equal((await plain.verify(token)).code, 'valid');
    await assert.rejects(plain.disable(id, admin), said);
    await assert.rejects(plain.revoke(id, {}, admin), said);
    await assert.rejects(plain.delete(id, admin), said);
    await assert.rejects(plain.rotate(id, {}, admin), said);
    await assert.rejects(createToken(plain, { name: 'Other' }), said);
    await assert.rejects(plain.revokeAll({ owner: 'org:acme' }, {}, admin), said);
    await assert.rejects(plain.flush(), said);
    assert.deepEqual(entriesOf(store), before);
    await (await sealed(store, OLD)).revoke(id, {}, admin);
  });

  test('counts no use', async () => {
    const { token, store, before, plain } = await begun();
    assert.equal((await plain.verify(token, 'messages:send', { consume: 1 })).code, 'store_unavailable');
    assert.deepEqual(entriesOf(store), before);
  });

  test('writes nothing for a new owner either', async () => {
    const { store, before, plain } = await begun();
    const owner = 'org:acme/group:new';
    await assert.rejects(createToken(plain, { owner }), said);
    await assert.rejects(
      plain.accounts.put({ id: owner, roles: {} }, { id: 'root', roles: { '': 'admin' } }),
      said,
    );
    assert.deepEqual(entriesOf(store), before);
    await createToken(await sealed(store, OLD), { owner });
  });
});

describe('a change of the key', () => {
  test('uses two keys: the new one seals, both open', async () => {
    const store = memoryStore();
    const before = await sealed(store, OLD);
    const { token, id } = await createToken(before);
    const during = await sealed(store, [NEW, OLD]);
    assert.equal((await during.verify(token)).code, 'valid');
    await during.disable(id, admin);
    const { token: young } = await createToken(during, { owner: 'org:acme/group:eng' });
    const after = await sealed(store, NEW);
    assert.equal((await after.verify(token)).code, 'disabled', 'what was written again has the new seal');
    assert.equal((await after.verify(young)).code, 'valid');
    assert.equal((await before.verify(young)).code, 'store_unavailable');
  });

  test('in the other order does not open values that the new one sealed', async () => {
    const store = memoryStore();
    const { token } = await createToken(await sealed(store, NEW));
    assert.equal((await (await sealed(store, [OLD, NEW])).verify(token)).code, 'valid');
    assert.equal((await (await sealed(store, OLD)).verify(token)).code, 'store_unavailable');
  });
});

describe('the key', () => {
  test('is bytes or hex digits, and is copied: later changes of the bytes have no effect', async () => {
    const store = memoryStore();
    const bytes = new Uint8Array(32).fill(0xa1);
    const tokens = await sealed(store, bytes);
    bytes.fill(0);
    const { token } = await createToken(tokens);
    assert.equal((await (await sealed(store, OLD.toUpperCase())).verify(token)).code, 'valid');
    assert.equal((await (await sealed(store, Buffer.from(OLD, 'hex'))).verify(token)).code, 'valid');
  });

  test('is kept after a trap', async () => {
    const store = memoryStore();
    const tokens = await deployment({
      store,
      recordKey: OLD,
      imported: [{ prefix: 'ba_', digestOf: 'whole' }],
    });
    const { token } = await createToken(tokens);
    const instance = instanceInUse('verify');
    trapNext('begin');
    await assert.rejects(tokens.verify(token), { code: 'internal' });
    assert.equal((await tokens.verify(token)).code, 'valid');
    assert.notEqual(instanceInUse('verify'), instance);
    const { id } = await createToken(tokens, { name: 'After' });
    assert.match(recordOf(store, id).value, /"mac":"[0-9a-f]{64}"\}$/);
  });

  const wrong: [title: string, key: unknown][] = [
    ['a short text', 'a1'.repeat(31)],
    ['half a byte', `${OLD}a`],
    ['no hex', 'xy'.repeat(32)],
    ['too few bytes', new Uint8Array(31)],
    ['a number', 7],
    ['nothing', null],
    ['no key', []],
    ['three keys', [OLD, NEW, 'c3'.repeat(32)]],
    ['the same key twice', [OLD, OLD]],
  ];
  for (const [title, key] of wrong) {
    test(`is not ${title}`, async () => {
      await assert.rejects(
        sealed(memoryStore(), key as RecordKey),
        (error: { code: string; message: string; path: string }) => {
          assert.equal(error.code, 'invalid_input');
          assert.ok(error.path.startsWith('recordKey'), error.path);
          return !error.message.includes('a1a1');
        },
      );
    });
  }
});
