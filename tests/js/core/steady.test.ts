/** Verifications leak no memory, however many there are. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { forgery } from '../support/copied-tokens.js';
import { admin, createToken, deployment } from '../support/deployment.js';
import { memory } from '../support/heap-size.js';
import { wrapped } from '../support/wrapped-store.js';

const WINDOW = 5_000;

/**
 * The tolerated growth of the heap, in bytes: compiled code of V8 and records of the test runner.
 * One leaked byte for each of five million verifications would exceed it, and so would a hundred
 * for each of two hundred thousand tokens or of sixty thousand uses.
 */
const SLACK = { verifications: 4 * 2 ** 20, tokens: 16 * 2 ** 20, uses: 8 * 2 ** 20 };

test('five million verifications in one instance do not grow its memory', async () => {
  const clock = { now: Date.UTC(2026, 10, 23) };
  const now = () => clock.now;
  const tokens = await deployment({ store: memoryStore({ now }), now, freshness: `${WINDOW}ms` });
  const [valid, revoked, ended] = [
    await createToken(tokens),
    await createToken(tokens, { name: 'Revoked' }),
    await createToken(tokens, { name: 'Ended', expiresAt: clock.now + 1 }),
  ];
  await tokens.revoke(revoked.id, {}, admin);
  const unknown = tokens.mint().token;
  const asked: [credential: string, requirement: string | undefined, code: string][] = [
    [valid.token, 'messages:send', 'valid'],
    [valid.token, undefined, 'valid'],
    [`Bearer ${valid.token}`, 'messages:send OR branch:create', 'malformed'],
    [valid.token, 'messages:send OR branch:create', 'valid'],
    [revoked.token, 'messages:send', 'revoked'],
    [ended.token, 'messages:send', 'expired'],
    [unknown, undefined, 'unknown'],
    ['garbage', undefined, 'malformed'],
  ];
  const rounds = (many: number) => {
    for (let round = 0; round < many; round++) {
      // The feed is read again in each window.
      clock.now += WINDOW;
      for (let turn = 0; turn < 5_000; turn++)
        for (const [credential, requirement, code] of asked) {
          const verdict = tokens.verifySync(credential, requirement);
          if (verdict?.code !== code) assert.equal(verdict?.code, code);
        }
    }
  };
  rounds(5);
  const before = memory();
  rounds(125);
  const after = memory();
  assert.equal(after.linear, before.linear);
  assert.ok(after.heap - before.heap < SLACK.verifications, `${after.heap - before.heap} bytes`);
});

test('two hundred thousand tokens in a cache of a thousand do not grow the memory', async () => {
  const clock = { now: Date.UTC(2026, 10, 23) };
  const now = () => clock.now;
  const inner = memoryStore({ now });
  const maker = await deployment({ store: inner });
  const { id } = await createToken(maker);
  const { store, make, clear } = forgery(maker, inner, id);
  const options = { store, now, freshness: `${WINDOW}ms`, capacity: 1_000, usage: false } as const;
  const tokens = await deployment(options);
  const batch = () => {
    for (let turn = 0; turn < 20_000; turn++) {
      const verdict = tokens.verifySync(make());
      if (!verdict?.valid) assert.equal(verdict?.code, 'valid');
    }
    clear();
    return memory();
  };
  const before = batch();
  for (let turn = 1; turn < 10; turn++) {
    const after = batch();
    assert.equal(after.linear, before.linear);
    assert.ok(after.heap - before.heap < SLACK.tokens, `${after.heap - before.heap} bytes`);
  }
});

test('three hundred flushes of two hundred used tokens do not grow the memory', async () => {
  const tokens = await deployment({ freshness: `${WINDOW}ms` });
  const credentials: string[] = [];
  for (let at = 0; at < 200; at++) credentials.push((await createToken(tokens, { name: `T${at}` })).token);
  const flushes = async (many: number) => {
    for (let turn = 0; turn < many; turn++) {
      for (const credential of credentials) assert.equal(tokens.verifySync(credential)?.valid, true);
      assert.equal((await tokens.flush()).flushed, credentials.length);
    }
    return memory();
  };
  const before = await flushes(10);
  const after = await flushes(300);
  assert.ok(after.heap - before.heap < SLACK.uses, `${after.heap - before.heap} bytes`);
});

test('the uses of four thousand tokens keep their views, and none of their records', async () => {
  const inner = memoryStore();
  const maker = await deployment({ store: inner });
  const { id } = await createToken(maker, { metadata: { text: 'x'.repeat(4_000) } });
  const { store, make, clear } = forgery(maker, inner, id);
  // As a database does: each read gives a text of its own.
  const get = (keys: string[]) =>
    (store.get(keys) as (string | null)[]).map((value) => value && Buffer.from(value).toString());
  const tokens = await deployment({ store: wrapped(inner, { get }), freshness: 0 });
  const use = (many: number) => {
    for (let turn = 0; turn < many; turn++) assert.equal(tokens.verifySync(make())?.valid, true);
    clear();
    return memory();
  };
  const before = use(100);
  const after = use(4_000);
  // A view has the metadata; a record would have them once more. Four million characters are kept
  // of the values that were read last.
  const views = 4_000 * 4_096 + 4 * 2 ** 20;
  assert.ok(after.heap - before.heap < views + SLACK.verifications, `${after.heap - before.heap} bytes`);
});
