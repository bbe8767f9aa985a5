/**
 * Kinds in a catalog: each member has its effect, and the built-in kinds have the defaults of the
 * guide.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

const day = 86_400_000;
const root = { id: 'user:0', roles: { '': 'admin' } };
const roles = { user: { title: 'User', permissions: ['s:a'] } };
const services = { s: { title: 'S', permissions: { a: 'A', b: 'B' } } };
const builtIn = ['permission-set', 'organization', 'group', 'personal'];

/** A deployment with these kinds in its catalog, and its own clock. */
async function deploy(kinds = {}, more = { roles }) {
  let now = Date.UTC(2026, 10, 23);
  const clock = () => now;
  const catalog = { services, kinds, ...more };
  const tokens = await createTokens({
    catalog,
    store: memoryStore({ now: clock }),
    prefix: 'test',
    now: clock,
  });
  let made = 0;
  return {
    tokens,
    pass(milliseconds) {
      now += milliseconds;
    },
    create(kind, input = {}, actor = root) {
      made += 1;
      const owner = kind === 'group' ? 'org:acme/group:eng' : 'org:acme';
      return tokens.create({ kind, name: `T${made}`, owner, add: ['s:*'], ...input }, actor);
    },
  };
}

const codeOf = (call) =>
  call.then(
    () => 'done',
    ({ code }) => code,
  );

/** A value for each thing that can be edited. */
const edits = {
  permissions: { add: ['s:a'] },
  name: { name: 'Another' },
  description: { description: 'About it' },
  tags: { tags: ['a'] },
  metadata: { metadata: { team: 1 } },
  conditions: { conditions: { ips: ['192.0.2.0/24'] } },
  limits: { limits: { requests: { limit: 5, per: '1m' } } },
};

const everything = Object.keys(edits);

async function editableOf({ tokens }, { record }) {
  const can = [];
  for (const [what, change] of Object.entries(edits)) {
    const code = await codeOf(tokens.edit(record.id, change, root));
    assert.ok(['done', 'forbidden'].includes(code), `${what}: ${code}`);
    if (code === 'done') can.push(what);
  }
  return can;
}

async function actionsOf({ tokens, create }, kind) {
  const attempts = {
    disable: ({ id }) => tokens.disable(id, root),
    delete: ({ id }) => tokens.delete(id, root),
    rotate: ({ id }) => tokens.rotate(id, {}, root),
    exchange: (_, token) => tokens.exchange(token, {}),
  };
  const can = [];
  for (const [action, act] of Object.entries(attempts)) {
    const { token, record } = await create(kind, { expiresIn: '1h' });
    const code = await codeOf(act(record, token));
    assert.ok(['done', 'forbidden'].includes(code), `${action}: ${code}`);
    if (code === 'done') can.push(action);
    else assert.equal(await codeOf(tokens.revoke(record.id, {}, root)), 'done', 'revoking always works');
  }
  return can;
}

describe('the built-in kinds', () => {
  const expected = {
    'permission-set': { editable: everything.filter((what) => what !== 'permissions') },
    organization: { editable: everything, required: true, backed: true, manage: 'admin', role: 'user' },
    group: { editable: everything, required: true, backed: true, manage: 'admin', role: 'user' },
    personal: { editable: ['permissions'], lifetime: 90 * day, unique: true },
    own: { editable: everything },
  };

  for (const [kind, begins] of Object.entries(expected)) {
    test(`${kind}: has the defaults of the guide`, async () => {
      const deployed = await deploy({ own: {} });
      const { tokens, create } = deployed;
      assert.deepEqual(await editableOf(deployed, await create(kind, { expiresIn: '1h' })), begins.editable);
      assert.deepEqual(await actionsOf(deployed, kind), ['disable', 'delete', 'rotate', 'exchange']);
      assert.equal(await codeOf(create(kind)), begins.required ? 'invalid_input' : 'done');
      const { record } = await create(kind, begins.required ? { expiresIn: '1h' } : {});
      if (!begins.required) {
        const lifetime = record.expiresAt === undefined ? undefined : record.expiresAt - record.createdAt;
        assert.equal(lifetime, begins.lifetime);
      }
      assert.equal('technicalUser' in record, begins.backed === true);
      assert.equal('idleAfter' in record, false);
      const chosen = { add: undefined, expiresIn: '1h' };
      if (begins.role === undefined) assert.equal(await codeOf(create(kind, chosen)), 'invalid_input');
      else assert.equal((await create(kind, chosen)).record.role, begins.role);
      assert.equal('role' in record, false, 'where something else was chosen');
      const again = create(kind, { name: record.name, expiresIn: '3650d' });
      assert.equal(
        await codeOf(again),
        begins.unique ? 'name_taken' : 'done',
        'and there is no longest lifetime',
      );
      const byOwner = tokens.revoke(record.id, {}, { id: record.owner });
      assert.equal(await codeOf(byOwner), begins.manage === 'admin' ? 'forbidden' : 'done');
    });
  }

  test('organizations are at the top, groups below a resource, and all others anywhere', async () => {
    const { create } = await deploy();
    const owners = ['org:acme', 'user:7', 'org:acme/group:eng', 'org:acme/a/b'];
    const can = {};
    for (const kind of builtIn) {
      const codes = await Promise.all(
        owners.map((owner) => codeOf(create(kind, { owner, expiresIn: '1h' }))),
      );
      can[kind] = owners.filter((_, at) => codes[at] === 'done');
    }
    assert.deepEqual(can, {
      'permission-set': owners,
      organization: owners.slice(0, 2),
      group: owners.slice(2),
      personal: owners,
    });
  });

  test('without a role called user, organization and group have none', async () => {
    const { create } = await deploy({}, {});
    for (const kind of ['organization', 'group']) {
      assert.equal('role' in (await create(kind, { expiresIn: '1h' })).record, false);
    }
    await assert.rejects(deploy({ organization: { role: 'user' } }, {}), { code: 'invalid_input' });
  });

  test('session: one hour, a hundred at once, nothing to edit, not rotated', async () => {
    const { tokens, create } = await deploy();
    const { token } = await create('permission-set');
    const sessions = [];
    for (let at = 0; at < 100; at += 1) sessions.push(await tokens.exchange(token, {}));
    assert.equal(await codeOf(tokens.exchange(token, {})), 'too_many_sessions');
    const [{ record }] = sessions;
    assert.equal(record.expiresAt - record.createdAt, day / 24);
    assert.deepEqual(await editableOf({ tokens }, { record }), []);
    assert.equal(await codeOf(tokens.rotate(record.id, {}, root)), 'forbidden');
    assert.equal(await codeOf(tokens.disable(record.id, root)), 'forbidden');
    assert.equal(await codeOf(tokens.delete(record.id, root)), 'done');
  });
});

describe('a kind of the catalog', () => {
  test('owners: only these own its tokens', async () => {
    const { create } = await deploy({ own: { owners: ['org:*/group:*', 'user:7'] } });
    for (const [owner, code] of [
      ['org:acme/group:eng', 'done'],
      ['user:7', 'done'],
      ['user:77', 'invalid_input'],
      ['org:acme', 'invalid_input'],
      ['org:acme/group:eng/x', 'invalid_input'],
    ]) {
      assert.equal(await codeOf(create('own', { owner })), code, owner);
    }
  });

  test('editable and actions: exactly what they name', async () => {
    const deployed = await deploy({ own: { editable: ['tags', 'limits'], actions: ['rotate'] } });
    assert.deepEqual(await editableOf(deployed, await deployed.create('own')), ['tags', 'limits']);
    assert.deepEqual(await actionsOf(deployed, 'own'), ['rotate']);
  });

  test('lifetime: default, longest and required', async () => {
    const { create } = await deploy({
      own: { lifetime: { default: '2d', longest: '3d' } },
      must: { lifetime: { required: true } },
    });
    const { record } = await create('own');
    assert.equal(record.expiresAt - record.createdAt, 2 * day);
    assert.equal(await codeOf(create('own', { expiresIn: '3d' })), 'done');
    assert.equal(await codeOf(create('own', { expiresIn: `${3 * day + 1}ms` })), 'invalid_input');
    assert.equal(await codeOf(create('must')), 'invalid_input');
  });

  test('a token that never expires is reported once for each kind', async () => {
    const warnings = [];
    const onWarning = (warning) => warnings.push(warning);
    const tokens = await createTokens({
      catalog: { services: { s: { title: 'S', permissions: { a: 'A' } } } },
      store: memoryStore(),
      prefix: 'acme_test',
      onWarning,
    });
    const actor = { id: 'user:1', roles: { 'org:acme': 'admin' } };
    const make = (name, changes) =>
      tokens.create({ kind: 'permission-set', name, owner: 'org:acme', add: ['s:a'], ...changes }, actor);
    await make('Ends', { expiresIn: '1d' });
    await make('Idles', { idleAfter: '1d' });
    assert.deepEqual(warnings, []);
    await make('One');
    await make('Two');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].message, /"permission-set".*never expires.*expiresIn/);
  });

  test('lifetime.idle: an unused token ends, and a flushed use extends it', async () => {
    const { tokens, create, pass } = await deploy({ own: { lifetime: { idle: '2h' } } });
    const [used, unused] = [await create('own'), await create('own')];
    assert.equal(await codeOf(create('own', { idleAfter: '3h' })), 'invalid_input');
    pass(3_600_000);
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    await tokens.flush();
    pass(3_600_000);
    assert.equal((await tokens.verify(used.token)).code, 'valid');
    assert.equal((await tokens.verify(unused.token)).code, 'idle_expired');
  });

  test('rotation: the grace, its maximum, and the effect of a rotated-out secret', async () => {
    for (const [reuse, status] of [
      ['alert', 'active'],
      ['disable', 'disabled'],
      ['revoke', 'revoked'],
    ]) {
      const rotation = { grace: '10m', longestGrace: '1h', reuse };
      const { tokens, create, pass } = await deploy({ own: { rotation } });
      const { token, record } = await create('own');
      assert.equal(await codeOf(tokens.rotate(record.id, { grace: '61m' }, root)), 'invalid_input');
      const { rotation: pending } = (await tokens.rotate(record.id, {}, root)).record;
      assert.equal(pending.graceEndsAt - pending.startedAt, 600_000);
      pass(600_000);
      assert.equal((await tokens.verify(token)).code, 'rotated_out');
      await tokens.flush();
      assert.equal((await tokens.get(record.id, root)).status, status);
    }
  });

  test('sessions: at most this number at once', async () => {
    const { tokens, create } = await deploy({ session: { sessions: 2 } });
    const { token } = await create('permission-set');
    for (const code of ['done', 'done', 'too_many_sessions']) {
      assert.equal(await codeOf(tokens.exchange(token, {})), code);
    }
  });
});
