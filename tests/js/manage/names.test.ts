/** Unique names: compared among live tokens, in their normalized form. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Actor } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, deployment } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';
import { wrapped } from '../support/wrapped-store.js';

const DAY = 86_400_000;
const START = 1_800_000_000_000;
const user: Actor = { id: 'user:7', permissions: ['messages:send', 'messages:status'] };
const TAKEN = { code: 'name_taken', path: 'name' };

async function clocked(store = memoryStore()) {
  const clock = { now: START };
  const kinds = { personal: { editable: ['name'] } };
  const changes = { catalog: { ...catalog, kinds } as never, store, now: () => clock.now };
  const tokens = await deployment(changes);
  const make = async (name: string, more: object = {}) => {
    const input = { kind: 'personal', name, add: ['messages:send'], expiresIn: '30d', ...more };
    return (await tokens.create(input as never, user)).record;
  };
  return { tokens, clock, make, store };
}

const names = (store: ReturnType<typeof memoryStore>) =>
  entriesOf(store).filter(({ key }) => key.startsWith('name/'));

describe('a unique name', () => {
  test('of a token that was revoked or has expired is free', async () => {
    const { tokens, clock, make, store } = await clocked();
    const revoked = await make('Laptop');
    await tokens.revoke(revoked.id, {}, user);
    const second = await make('Laptop', { expiresIn: '1d' });
    clock.now += DAY - 1;
    await assert.rejects(make('Laptop'), TAKEN);
    clock.now += 1;
    const third = await make('Laptop');
    assert.equal(names(store).length, 1);
    // A token that lost its name does not free it later.
    await tokens.delete(revoked.id, user);
    await tokens.delete(second.id, user);
    await assert.rejects(make('Laptop'), TAKEN);
    await tokens.delete(third.id, user);
    assert.deepEqual(names(store), []);
  });

  test('of a token that is disabled or has gone idle is kept', async () => {
    const { tokens, clock, make } = await clocked();
    const disabled = await make('Disabled');
    await tokens.disable(disabled.id, user);
    await make('Idle', { idleAfter: '1h' });
    clock.now += DAY;
    for (const name of ['Disabled', 'Idle']) await assert.rejects(make(name), TAKEN);
  });

  test('is renewed with its token only if no other token has taken it since', async () => {
    const { tokens, clock, make } = await clocked();
    const [kept, lost] = [await make('Kept', { expiresIn: '1d' }), await make('Lost', { expiresIn: '1d' })];
    clock.now += 2 * DAY;
    await make('LOST');
    await tokens.rotate(kept.id, { expiresIn: '5d' }, user);
    await assert.rejects(make('kept'), TAKEN);
    await assert.rejects(tokens.rotate(lost.id, { expiresIn: '5d' }, user), TAKEN);
    await tokens.edit(lost.id, { name: 'Other' }, user);
    await tokens.rotate(lost.id, { expiresIn: '5d' }, user);
    await assert.rejects(make('other'), TAKEN);
  });

  test('is the same name in any case, normalization form or with invisible characters', async () => {
    const { tokens, make } = await clocked();
    const laptop = await make('Laptop');
    for (const name of ['LAPTOP', 'laptop', 'Ｌａｐｔｏｐ', 'Lap\u200dtop', 'Lap\u200ctop', 'Laptop\ufe0f'])
      await assert.rejects(make(name), TAKEN, name);
    const other = await make('Tablet');
    await assert.rejects(tokens.edit(other.id, { name: 'lapTop' }, user), TAKEN);
    // Its own name in another case is not taken.
    assert.equal((await tokens.edit(laptop.id, { name: 'LAPTOP' }, user)).name, 'LAPTOP');
    await assert.rejects(make('laptop'), TAKEN);
    await tokens.edit(laptop.id, { name: 'Desk' }, user);
    await make('laptop');
  });

  test('that only looks like another is a different name', async () => {
    const { make } = await clocked();
    for (const name of ['prod-l', 'prod-1', 'prod-I', 'prod-О', 'prod-O']) {
      if (name !== 'prod-I') await make(name);
      else await assert.rejects(make('prod-L'), TAKEN);
    }
  });

  test('has only characters of Unicode 15.0, at least one of them visible', async () => {
    const { tokens, make } = await clocked();
    for (const [name, says] of [
      ['new \u{1fae9}', /U\+1FAE9.*Unicode 15\.0/],
      ['\u200d', /no visible character/],
    ] as const)
      await assert.rejects(make(name), { code: 'invalid_input', path: 'name', message: says });
    const made = await make('Fine \u{1fae8}');
    await assert.rejects(tokens.edit(made.id, { name: '\u{1fae9}' }, user), { code: 'invalid_input' });
  });

  test('is given to one of two concurrent callers, and never taken from a token that is renewed meanwhile', async () => {
    const inner = memoryStore();
    let meanwhile: (() => Promise<unknown>) | undefined;
    const store = wrapped(inner, {
      async commit(writes) {
        const first = meanwhile;
        meanwhile = undefined;
        await first?.();
        return inner.commit(writes);
      },
    });
    const { tokens, clock, make } = await clocked(store as never);
    const expired = await make('Nightly', { expiresIn: '1d' });
    clock.now += 2 * DAY;
    meanwhile = () => tokens.rotate(expired.id, { expiresIn: '5d' }, user);
    await assert.rejects(make('Nightly'), TAKEN);
    const both = await Promise.allSettled([make('Both'), make('BOTH')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });
});

describe('a name that an earlier version wrote', () => {
  /**
   * Writes the key and the record of an earlier version: the name as typed in the key, and no name
   * hash in the record.
   */
  function age(store: ReturnType<typeof memoryStore>, record: { id: string; name: string }) {
    const held = names(store).find(({ value }) => value === JSON.stringify(record.id));
    assert.ok(held);
    const typed = createHash('sha256').update(record.name).digest('hex');
    const key = `token/${record.id}`;
    const value = entriesOf(store).find((entry) => entry.key === key)?.value ?? '';
    const old = value.replace(/"nameHash":"[0-9a-f]{64}",/, '');
    assert.notEqual(old, value);
    store.commit([
      { key: held.key, value: null },
      { key: held.key.replace(/[^/]*$/, typed), value: held.value },
      { key, value: old },
    ]);
  }

  test('is found, claimed and freed', async () => {
    const { tokens, clock, make, store } = await clocked();
    const old = await make('Laptop', { expiresIn: '1d' });
    age(store, old);
    await assert.rejects(make('Laptop'), TAKEN);
    clock.now += DAY;
    const second = await make('Laptop');
    assert.equal(names(store).length, 1, 'the old key is gone');
    age(store, second);
    await tokens.edit(second.id, { name: 'laptop' }, user);
    await assert.rejects(make('LAPTOP'), TAKEN);
    assert.equal(names(store).length, 1);
    await tokens.delete(second.id, user);
    const third = await make('Desk', { expiresIn: '1d' });
    age(store, third);
    clock.now += DAY;
    await tokens.rotate(third.id, { expiresIn: '5d' }, user);
    assert.equal(names(store).length, 1);
    await assert.rejects(make('DESK'), TAKEN);
    const fourth = await make('Shelf');
    age(store, fourth);
    for (const { id } of [third, fourth]) await tokens.delete(id, user);
    assert.deepEqual(names(store), []);
  });
});
