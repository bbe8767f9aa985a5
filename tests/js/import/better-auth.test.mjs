/**
 * API keys that Better Auth created, imported from its table: they verify here as they did there.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { createTokens } from 'leastkey';
import { fromBetterAuth } from 'leastkey/import';
import { memoryStore } from 'leastkey/stores/memory';

const catalog = {
  services: { messages: { title: 'Messages', permissions: { send: 'Send', status: 'Status' } } },
  kinds: { taken: { title: 'Taken over' } },
};
const mapping = { kind: 'taken', owner: 'user:{id}', subject: 'user:{id}' };
const root = { id: 'user:root', roles: { '': 'admin' } };
const HOUR = 3_600_000;

/** Better Auth with one user, and the rows of its table of keys. */
async function betterAuthWith(options = {}) {
  const tables = { user: [], session: [], account: [], verification: [], apikey: [] };
  const auth = betterAuth({
    baseURL: 'http://localhost',
    secret: 'a secret of these tests and nothing else',
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    plugins: [apiKey({ enableMetadata: true, ...options })],
  });
  const body = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' };
  const { user } = await auth.api.signUpEmail({ body });
  const permissions = { messages: ['send'] };
  const create = async (changes = {}) =>
    (await auth.api.createApiKey({ body: { name: 'Key', userId: user.id, permissions, ...changes } })).key;
  const accepts = async (key) => (await auth.api.verifyApiKey({ body: { key } })).valid;
  return {
    // Its adapter replaces the table when it deletes.
    get rows() {
      return tables.apikey;
    },
    user,
    create,
    accepts,
  };
}

async function deployed(store = memoryStore()) {
  const imported = [
    { prefix: 'ba_', digestOf: 'whole' },
    { prefix: '', digestOf: 'whole' },
  ];
  return { store, tokens: await createTokens({ catalog, store, prefix: 'acme_test', imported }) };
}

const entriesOf = (store) => store.list({ prefix: '', limit: 1_000 });

describe('keys of Better Auth', () => {
  test('with a prefix and without one verify beside native ones, and verification rewrites nothing', async () => {
    const theirs = await betterAuthWith();
    const { tokens, store } = await deployed();
    const keys = [
      await theirs.create({ prefix: 'ba_' }),
      await theirs.create({ prefix: 'ba_' }),
      await theirs.create(),
    ];
    for (const key of keys) assert.equal(await theirs.accepts(key), true);
    const { rows, leftOut } = fromBetterAuth(theirs.rows, mapping);
    assert.deepEqual(leftOut, []);
    const report = await tokens.importKeys(rows, root);
    assert.deepEqual([report.imported, report.failed], [3, 0], JSON.stringify(report.outcomes));
    const owner = `user:${theirs.user.id}`;
    const native = await tokens.create(
      { kind: 'taken', name: 'Native', owner, add: ['messages:status'] },
      root,
    );
    const before = entriesOf(store);
    for (const key of keys) {
      const { code, token } = await tokens.verify(key, 'messages:send');
      assert.deepEqual(
        [code, token?.owner, token?.subject, token?.permissions],
        ['valid', owner, owner, ['messages:send']],
      );
      assert.equal((await tokens.verify(key, 'messages:status')).code, 'insufficient_permission');
      assert.equal((await tokens.verify(`${key.slice(0, -1)}-`)).valid, false);
    }
    assert.equal((await tokens.verify(native.token, 'messages:status')).code, 'valid');
    assert.deepEqual(entriesOf(store), before);
    for (const key of keys) assert.equal(JSON.stringify(before).includes(key), false);
  });

  test('keep their expiry, limits, metadata and status', async () => {
    const theirs = await betterAuthWith();
    const { tokens } = await deployed();
    const key = await theirs.create({
      prefix: 'ba_',
      expiresIn: 86_400,
      metadata: { plan: 'pro' },
      remaining: 2,
      refillAmount: 2,
      refillInterval: HOUR,
      rateLimitEnabled: true,
      rateLimitMax: 10,
      rateLimitTimeWindow: 60_000,
    });
    const disabled = await theirs.create();
    theirs.rows[1].enabled = false;
    const { rows } = fromBetterAuth(theirs.rows, mapping);
    const { outcomes } = await tokens.importKeys(rows, root);
    const record = await tokens.get(outcomes[0].id, root);
    assert.deepEqual(
      [record.expiresAt, record.createdAt, record.metadata, record.limits, record.imported.hint],
      [
        theirs.rows[0].expiresAt.getTime(),
        theirs.rows[0].createdAt.getTime(),
        { plan: 'pro' },
        { requests: { limit: 10, per: 60_000 }, credits: { amount: 2, refill: { amount: 2, every: HOUR } } },
        theirs.rows[0].start,
      ],
    );
    const spent = [];
    for (let turn = 0; turn < 3; turn++)
      spent.push((await tokens.verify(key, 'messages:send', { consume: 1 })).code);
    assert.deepEqual(spent, ['valid', 'valid', 'usage_exceeded']);
    assert.equal((await tokens.verify(disabled)).code, 'disabled');
  });

  test('that were stored without a hash are skipped, and not quoted', async () => {
    const theirs = await betterAuthWith({ disableKeyHashing: true });
    const key = await theirs.create({ prefix: 'ba_' });
    const { rows, leftOut } = fromBetterAuth(theirs.rows, mapping);
    assert.deepEqual(rows, []);
    assert.deepEqual(
      leftOut.map(({ row, path }) => [row, path]),
      [[0, 'key']],
    );
    assert.equal(JSON.stringify(leftOut).includes(key), false);
  });

  test('are read the same if a database returned the row as text', async () => {
    const theirs = await betterAuthWith();
    await theirs.create({ prefix: 'ba_', expiresIn: 86_400, metadata: { plan: 'pro' } });
    const asText = JSON.parse(JSON.stringify(theirs.rows)).map((row) => ({
      ...row,
      enabled: row.enabled ? 1 : 0,
    }));
    assert.deepEqual(fromBetterAuth(asText, mapping), fromBetterAuth(theirs.rows, mapping));
  });
});
