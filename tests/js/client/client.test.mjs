/** The client against the real handler over loopback: each route of the API has a method. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTokens, LeastkeyError } from 'leastkey';
import { LeastkeyError as ClientError, createClient } from 'leastkey/client';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, hostOptions } from '../support/api.mjs';
import { listen } from '../support/loopback.mjs';

const ISSUER = 'https://api.example';
const admin = { id: 'user:1', roles: { '': 'admin' } };
const sender = { kind: 'permission-set', owner: 'org:acme', add: ['messages:send'] };

let server;
let tokens;
before(async () => {
  tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
  const authenticate = async (request) => {
    if (request.headers.get('x-user') === 'ada') return admin;
    const { valid, token } = await tokens.verify(request);
    return valid ? { token: token.id } : null;
  };
  const { authenticateClient } = hostOptions;
  const answer = handler(tokens, { authenticate, credentials: 'bearer', issuer: ISSUER, authenticateClient });
  server = await listen(answer);
});
after(() => server.close());

/** Every request that a client of this file sent: `GET /leastkey/v1/tokens`. */
const sent = [];
const recording = (input, init) => {
  sent.push(`${init.method} ${new URL(input).pathname}`);
  return fetch(input, init);
};

const clientOf = (options) => createClient({ url: server.origin, fetch: recording, ...options });
const ada = () =>
  clientOf({ headers: { 'x-user': 'ada' }, client: { id: 'gateway', secret: 'gateway-secret' } });
const all = async (items) => {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
};
const refuses = (call, code, status) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof LeastkeyError && error instanceof ClientError, String(error));
    assert.deepEqual([error.code, error.cause?.status], [code, status], error.message);
    return true;
  });

describe('the operations', () => {
  test('a token from its creation to its deletion', async () => {
    const client = ada();
    const { token, record } = await client.create({
      ...sender,
      name: 'Nightly',
      expiresAt: new Date('2099-01-01'),
    });
    assert.equal(record.expiresAt, Date.parse('2099-01-01'));
    assert.equal((await tokens.verify(token)).code, 'valid');
    assert.deepEqual(await client.get(record.id), record);
    const renamed = await client.edit(record.id, { name: 'Weekly', revision: record.revision });
    assert.equal(renamed.name, 'Weekly');
    await refuses(client.edit(record.id, { name: 'Daily', revision: record.revision }), 'conflict', 412);
    assert.equal((await client.edit(record.id, { tags: ['ci'] })).name, 'Weekly');
    assert.equal((await client.disable(record.id)).status, 'disabled');
    assert.equal((await client.enable(record.id)).status, 'active');
    const rotated = await client.rotate(record.id, { grace: '1h' });
    assert.equal((await tokens.verify(rotated.token)).code, 'valid');
    assert.equal((await client.abortRotation(record.id)).rotation, undefined);
    await client.rotate(record.id, { grace: '1h' });
    assert.equal((await client.confirmRotation(record.id)).rotation, undefined);
    assert.equal((await client.revoke(record.id, { reason: 'over' })).reason, 'over');
    await refuses(client.enable(record.id), 'terminal', 409);
    assert.deepEqual(await client.delete(record.id), { id: record.id });
    await refuses(client.get(record.id), 'not_found', 404);
  });

  test('all pages of a list', async () => {
    const client = ada();
    for (let at = 0; at < 5; at += 1) await client.create({ ...sender, owner: 'org:many', name: `T${at}` });
    const names = (items) => items.map(({ name }) => name);
    assert.deepEqual(names((await client.list({ owner: 'org:many', limit: 2 })).items), ['T4', 'T3']);
    const listed = await all(client.listAll({ owner: 'org:many', limit: 2 }));
    assert.deepEqual(names(listed), ['T4', 'T3', 'T2', 'T1', 'T0']);
    const entries = await all(client.auditAll({ owner: 'org:many', limit: 2, order: 'oldest' }));
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
    const lines = await all(client.exportAudit({ owner: 'org:many' }));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      entries,
    );
    assert.deepEqual((await client.drift({ owner: 'org:many', limit: 2 })).scanned, 2);
    assert.deepEqual(await all(client.driftAll({ owner: 'org:many', limit: 2 })), []);
    assert.equal((await client.audit({ owner: 'org:many', limit: 1 })).items[0].seq, 5);
  });

  test('what can be chosen, and what it comes to', async () => {
    const client = ada();
    assert.deepEqual(await client.actor(), admin);
    assert.deepEqual(await client.deployment(), tokens.deployment());
    assert.deepEqual(
      await client.describe({ owner: 'org:acme' }),
      await tokens.describe({ owner: 'org:acme' }, admin),
    );
    const selection = { add: ['messages:send'] };
    assert.deepEqual(await client.resolve(selection), tokens.resolve(selection));
    assert.deepEqual(await client.suggest(['messages:send']), tokens.suggest(['messages:send']));
    await refuses(client.resolve({ add: ['messages:sned'] }), 'invalid_input', 400);
    assert.equal((await client.openApi()).openapi, '3.1.0');
  });

  test('accounts, with and without a revision', async () => {
    const client = ada();
    const id = 'org:acme/group:new';
    const first = await client.accounts.put({ id, permissions: { [id]: ['messages:*'] } });
    await refuses(client.accounts.put({ id, permissions: {}, revision: 0 }), 'conflict', 412);
    const second = await client.accounts.put({ id, title: 'New', permissions: { [id]: ['messages:send'] } });
    assert.equal(second.revision, first.revision + 1);
    assert.deepEqual(await client.accounts.get(id), second);
    assert.equal((await client.accounts.disable(id)).status, 'disabled');
    assert.equal((await client.accounts.enable(id)).status, 'active');
    assert.deepEqual(await client.accounts.delete(id), { id });
  });

  test('many tokens are revoked by a job, which this waits for', async () => {
    const client = ada();
    for (let at = 0; at < 3; at += 1) await client.create({ ...sender, owner: 'org:left', name: `T${at}` });
    const query = { owner: 'org:left' };
    assert.equal((await client.rehearseRevokeAll(query)).ids.length, 3);
    const states = [];
    const job = await client.revokeAll(query, {
      reason: 'left',
      onProgress: ({ complete }) => states.push(complete),
    });
    assert.deepEqual([job.complete, job.revoked, states.at(-1)], [true, 3, true]);
    assert.deepEqual(await client.jobs.get(job.id), job);
  });

  test('sessions and OAuth', async () => {
    const { token } = await tokens.create({ ...sender, name: 'Bearer' }, admin);
    const bearer = clientOf({ token });
    const session = await bearer.session.create();
    assert.equal(session.scope, 'messages:send messages:status');
    const { id } = (await tokens.verify(token)).token;
    assert.deepEqual(await bearer.actor(), { token: id }, 'a token as the actor');
    const ended = await clientOf({ token: async () => session.access_token }).session.end();
    assert.equal(ended.sessionId, session.sessionId);
    const client = ada();
    const exchanged = await bearer.oauth.exchange(token, { permissions: ['messages:status'] });
    assert.equal(exchanged.scope, 'messages:status');
    assert.equal((await client.oauth.introspect(exchanged.access_token)).scope, 'messages:status');
    assert.deepEqual(await client.oauth.introspect(session.access_token), { active: false });
    const revoking = clientOf({ client: { id: 'acme', secret: 'acme-secret' } });
    await revoking.oauth.revoke(exchanged.access_token);
    await refuses(clientOf({}).oauth.introspect(token), 'forbidden', 401);
    await refuses(bearer.oauth.exchange(token, { permissions: ['platform:sned'] }), 'invalid_input', 400);
    assert.equal((await client.oauth.metadata()).issuer, ISSUER);
  });

  test('a refused login', async () => {
    await refuses(clientOf({}).list({ owner: 'org:acme' }), 'invalid_token', 401);
    await refuses(clientOf({ token: 'acme_test_nonsense' }).session.create(), 'invalid_token', 401);
  });

  test('each route of the OpenAPI document is the one of a method', async () => {
    const { paths } = await ada().openApi();
    // The second forms of a path are for clients that build URLs themselves.
    const spelled = [/\/access-tokens$/, /\/accounts\/\{id\}$/];
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => ({ path, method: method.toUpperCase() })),
    );
    const untaken = routes.filter(({ path, method }) => {
      const pattern = new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+')}$`);
      return !spelled.some((form) => form.test(path)) && !sent.some((request) => pattern.test(request));
    });
    assert.ok(routes.length > 30);
    assert.deepEqual(untaken, []);
  });
});
