/**
 * One authority check for every operation that gives a secret, creates, widens, renews or revives,
 * through the wrapper.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Actor, createTokens, type LeastkeyError } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'] },
        status: 'Status',
        export: 'Export',
      },
    },
    devices: { title: 'Devices', permissions: { read: 'Read', remove: 'Remove' } },
  },
  roles: { user: { title: 'User', permissions: ['messages:status', 'devices:read'] } },
  kinds: {
    tool: {
      editable: ['permissions', 'name', 'conditions', 'limits'],
      uniqueNames: true,
      lifetime: { default: '30d', longest: '365d' },
    },
  },
} as const;

const ALL = ['messages:send', 'messages:status', 'messages:export', 'devices:read', 'devices:remove'];
const root: Actor = { id: 'root', roles: { '': 'admin' } };
const admin: Actor = { id: 'boss', roles: { 'org:acme': 'admin' } };
const user: Actor = { id: 'user:7', roles: { 'org:acme': 'user' }, permissions: ALL };

async function deployment(now = { at: 1_795_392_000_000 }) {
  const store = memoryStore({ now: () => now.at });
  return createTokens({ catalog, store, prefix: 'acme_live', now: () => now.at });
}

/** A token of the organisation that manages others. */
async function manager(tokens: Awaited<ReturnType<typeof deployment>>, bounds: object) {
  const { record } = await tokens.create(
    { kind: 'organization', name: 'Manager', owner: 'org:acme', role: 'admin', expiresIn: '90d', ...bounds },
    root,
  );
  return { token: record.id };
}

const exceeds = (aspect: string) => (error: LeastkeyError) =>
  error.code === 'exceeds_ceiling' && error.path === aspect && error.message.startsWith(`${aspect}: `);

describe('A token that its user could not create', () => {
  it('cannot be rotated by its user either (role, permissions, subject)', async () => {
    const tokens = await deployment();
    const base = { kind: 'tool', owner: 'user:7', resource: 'org:acme' } as const;
    const role = await tokens.create({ ...base, name: 'Admin', role: 'admin' }, root);
    await assert.rejects(tokens.rotate(role.record.id, {}, user), exceeds('role'));
    const other = await tokens.create(
      { ...base, name: 'Other', add: ['devices:read'], subject: 'profile:42' },
      root,
    );
    await assert.rejects(tokens.rotate(other.record.id, {}, user), { code: 'forbidden', path: 'subject' });
    const more = await tokens.create({ ...base, name: 'More', add: ['devices:remove'] }, root);
    const less: Actor = { id: 'user:7', roles: { 'org:acme': 'user' } };
    await assert.rejects(tokens.rotate(more.record.id, {}, less), { code: 'exceeds_ceiling' });
    // It can always be revoked.
    assert.equal((await tokens.revoke(more.record.id, {}, less)).status, 'revoked');
  });

  it('keeps the conditions and limits that were set from above', async () => {
    const tokens = await deployment();
    const { record } = await tokens.create(
      {
        kind: 'tool',
        name: 'Held',
        owner: 'user:7',
        add: ['messages:send'],
        conditions: { ips: ['10.0.0.0/8'] },
        limits: { credits: { amount: 10 } },
      },
      root,
    );
    assert.deepEqual(record.boundsHeldAt, { conditions: '', limits: '', expiresAt: '' });
    for (const [change, path] of [
      [{ conditions: null }, 'conditions'],
      [{ conditions: { ips: ['10.0.0.0/7'] } }, 'conditions'],
      [{ limits: null }, 'limits'],
      [{ limits: { credits: { amount: 11 } } }, 'limits'],
      [{ limits: { requests: { limit: 1, per: '1s' } } }, 'limits'],
    ] as const)
      await assert.rejects(tokens.edit(record.id, change, user), { code: 'forbidden', path });
    await assert.rejects(tokens.rotate(record.id, { expiresIn: '200d' }, user), {
      code: 'forbidden',
      path: 'expiresAt',
    });
    const narrower = { conditions: { ips: ['10.1.0.0/16'] }, limits: { credits: { amount: 9 } } };
    const narrowed = await tokens.edit(record.id, narrower, user);
    assert.deepEqual(narrowed.boundsHeldAt, { conditions: '', limits: '', expiresAt: '' });
    const lifted = await tokens.edit(record.id, { conditions: null }, root);
    assert.deepEqual(lifted.boundsHeldAt, { limits: '', expiresAt: '' });
  });
});

describe('Used credits', () => {
  const limited = (remaining?: number) => ({
    limits: { credits: { amount: 10, ...(remaining !== undefined && { remaining }) } },
  });

  it('of a token that was limited from above are topped up from there only', async () => {
    const tokens = await deployment();
    const base = { kind: 'tool', name: 'Held', owner: 'user:7', add: ['messages:send'] } as const;
    const { token, record } = await tokens.create({ ...base, ...limited() }, root);
    const spend = async (consume: number) =>
      (await tokens.verify(token as string, undefined, { consume })).remaining;
    assert.equal(await spend(4), 6);
    await assert.rejects(tokens.edit(record.id, limited(7), user), { code: 'forbidden', path: 'limits' });
    assert.equal(await spend(0), 6);
    // Setting the remaining credits to the same or less is not an increase.
    await tokens.edit(record.id, limited(6), user);
    await tokens.edit(record.id, limited(5), user);
    assert.equal(await spend(0), 5);
    await assert.rejects(tokens.edit(record.id, limited(6), user), { code: 'forbidden', path: 'limits' });
    await tokens.edit(record.id, limited(10), root);
    assert.equal(await spend(0), 10);
  });

  it('stay used for the owner once an authority above has set the remaining ones', async () => {
    const tokens = await deployment();
    const base = { kind: 'tool', name: 'Own', owner: 'user:7', add: ['messages:send'] } as const;
    const { record } = await tokens.create({ ...base, ...limited() }, user);
    await tokens.edit(record.id, limited(9), user);
    assert.equal((await tokens.edit(record.id, limited(10), user)).boundsHeldAt, undefined);
    const held = await tokens.edit(record.id, limited(1), root);
    assert.deepEqual(held.boundsHeldAt, { limits: '' });
    await assert.rejects(tokens.edit(record.id, limited(2), user), { code: 'forbidden', path: 'limits' });
  });

  it('are not restored by an actor who cannot give the rest', async () => {
    const tokens = await deployment();
    const base = { kind: 'tool', name: 'More', owner: 'user:7', add: ['messages:send'] } as const;
    const { token, record } = await tokens.create({ ...base, ...limited() }, user);
    await tokens.verify(token as string, undefined, { consume: 10 });
    const less: Actor = { id: 'user:7', permissions: ['messages:status'] };
    await assert.rejects(tokens.edit(record.id, limited(10), less), { code: 'exceeds_ceiling' });
    await tokens.edit(record.id, limited(10), user);
  });

  it('are not restored by the token itself, nor are its limits loosened', async () => {
    const tokens = await deployment();
    const { record } = await tokens.create(
      { kind: 'tool', name: 'Self', owner: 'org:acme', role: 'admin', ...limited() },
      admin,
    );
    const self = { token: record.id };
    await tokens.edit(record.id, limited(3), self);
    for (const limits of [limited(4).limits, { credits: { amount: 11 } }, null])
      await assert.rejects(tokens.edit(record.id, { limits }, self), exceeds('limits'));
    await tokens.edit(record.id, { limits: { credits: { amount: 9 } } }, self);
    await tokens.edit(record.id, limited(4), admin);
  });
});

describe('A token as actor', () => {
  const own = { kind: 'tool', owner: 'org:acme', add: ['messages:status'], expiresIn: '1d' } as const;

  for (const [aspect, bound, given] of [
    ['conditions', { conditions: { ips: ['10.0.0.0/8'] } }, { conditions: { ips: ['10.2.0.0/16'] } }],
    ['idleAfter', { idleAfter: '1h' }, { idleAfter: '30m' }],
    ['expiresAt', { expiresIn: '12h' }, { expiresIn: '11h' }],
  ] as const)
    it(`passes its own ${aspect} on, whatever it does`, async () => {
      const tokens = await deployment();
      const actor = await manager(tokens, bound);
      const free = await tokens.create({ ...own, name: 'Free' }, admin);
      await assert.rejects(tokens.create({ ...own, name: 'Mine' }, actor), exceeds(aspect));
      await assert.rejects(tokens.rotate(free.record.id, {}, actor), exceeds(aspect));
      await assert.rejects(tokens.edit(free.record.id, { add: ALL }, actor), exceeds(aspect));
      await tokens.disable(free.record.id, actor);
      await assert.rejects(tokens.enable(free.record.id, actor), exceeds(aspect));
      const { record } = await tokens.create({ ...own, name: 'Narrower', ...given }, actor);
      await tokens.rotate(record.id, {}, actor);
      // Narrowing needs no authority over the permission.
      await tokens.edit(record.id, { remove: ['messages:status'], add: ['messages:export'] }, admin);
    });

  it('gets an error with its own bounds, and what would be right', async () => {
    const tokens = await deployment();
    const actor = await manager(tokens, { conditions: { ips: ['10.0.0.0/8'] } });
    await assert.rejects(
      tokens.create({ ...own, name: 'Mine' }, actor),
      /^LeastkeyError: conditions: the actor is bound to 10\.0\.0\.0\/8, .*add conditions: \{"ips":\["10\.0\.0\.0\/8"\]\}/,
    );
  });

  it('with limits makes only sessions, which count against its own limits', async () => {
    const tokens = await deployment();
    const made = await tokens.create(
      {
        kind: 'organization',
        name: 'One',
        owner: 'org:acme',
        role: 'admin',
        expiresIn: '90d',
        limits: { credits: { amount: 1 } },
      },
      root,
    );
    const actor = { token: made.record.id };
    await assert.rejects(tokens.create({ ...own, name: 'Mine' }, actor), exceeds('limits'));
    const { token: session } = await tokens.exchange(made.token as string, {
      permissions: ['messages:status'],
    });
    const spend = () => tokens.verify(session as string, 'messages:status', { consume: 1 });
    assert.equal((await spend()).code, 'valid');
    assert.equal((await spend()).code, 'usage_exceeded');
    const rotated = await tokens.rotate(made.record.id, {}, actor);
    assert.notEqual(rotated.token, null, 'its own new secret is counted on the same counter');
  });

  it('with bounds raises no account, and enables none', async () => {
    const tokens = await deployment();
    const actor = await manager(tokens, { conditions: { ips: ['10.0.0.0/8'] } });
    const account = { id: 'org:acme/user:8', permissions: { 'org:acme': ['devices:read'] } };
    await assert.rejects(tokens.accounts.put(account, actor), exceeds('conditions'));
    await tokens.accounts.put(account, root);
    await tokens.accounts.disable(account.id, actor);
    await assert.rejects(tokens.accounts.enable(account.id, actor), exceeds('conditions'));
    // Narrowing needs no authority over the permissions; a token without permissions can be
    // enabled.
    await tokens.accounts.put({ ...account, permissions: {} }, actor);
    await tokens.accounts.enable(account.id, actor);
  });
});

describe('A narrowing', () => {
  it('stays with its permission until an edit names it', async () => {
    const tokens = await deployment();
    const { record } = await tokens.create(
      {
        kind: 'tool',
        name: 'Narrow',
        owner: 'org:acme',
        add: ['messages:send', 'devices:read'],
        resources: { 'messages:send': ['org:acme/group:eng'] },
      },
      admin,
    );
    const group = ['org:acme/group:eng'];
    const narrowed = { 'messages:send': group, 'messages:status': group };
    assert.deepEqual(record.resources, narrowed);
    const edited = await tokens.edit(record.id, { add: ['messages:send', 'devices:remove'] }, admin);
    assert.deepEqual(edited.resources, narrowed);
    const other = await tokens.edit(
      record.id,
      { resources: { 'devices:remove': ['org:acme/group:ops'] } },
      admin,
    );
    assert.deepEqual(other.resources, { ...narrowed, 'devices:remove': ['org:acme/group:ops'] });
    assert.deepEqual(other.permissions, ['devices:remove', 'messages:send', 'messages:status']);
    // Lifting it gives more, so the authority is checked.
    const less: Actor = { id: 'org:acme', permissions: ['devices:remove'] };
    await assert.rejects(tokens.edit(record.id, { resources: { 'messages:send': null } }, less), {
      code: 'exceeds_ceiling',
    });
    const lifted = await tokens.edit(record.id, { resources: { 'messages:send': null } }, admin);
    assert.deepEqual(lifted.resources, { 'devices:remove': ['org:acme/group:ops'] });
    const removed = await tokens.edit(record.id, { add: ['messages:status'] }, admin);
    assert.equal(removed.resources, undefined, 'a permission that goes takes its narrowing along');
  });
});

describe('A token that has expired', () => {
  it('is renewed by a rotation with a new expiry, without its old secret, if its name is free', async () => {
    const now = { at: 1_795_392_000_000 };
    const tokens = await deployment(now);
    const input = {
      kind: 'tool',
      name: 'Nightly',
      owner: 'org:acme',
      add: ['messages:send'],
      expiresIn: '1d',
    } as const;
    const { token: old, record } = await tokens.create(input, admin);
    now.at += 2 * 86_400_000;
    const code = async (credential: string | null) =>
      (await tokens.verify(credential as string, 'messages:send')).code;
    assert.equal(await code(old), 'expired');
    await assert.rejects(tokens.rotate(record.id, {}, admin), { code: 'conflict' });
    const { token, record: renewed } = await tokens.rotate(record.id, { expiresIn: '5d' }, admin);
    assert.equal(renewed.expiresAt, now.at + 5 * 86_400_000);
    assert.deepEqual([await code(token), await code(old)], ['valid', 'rotated_out']);
  });

  it('regains its earlier expiry when the renewal is aborted', async () => {
    const tokens = await deployment();
    const input = {
      kind: 'tool',
      name: 'Nightly',
      owner: 'org:acme',
      add: ['messages:send'],
      expiresIn: '10d',
    } as const;
    const { record } = await tokens.create(input, admin);
    const { record: renewed } = await tokens.rotate(record.id, { expiresIn: '90d' }, admin);
    assert.equal(renewed.rotation?.previousExpiresAt, record.expiresAt);
    assert.ok((renewed.rotation?.graceEndsAt ?? Infinity) <= (record.expiresAt ?? 0));
    const back = await tokens.abortRotation(record.id, admin);
    assert.equal(back.expiresAt, record.expiresAt);
  });

  it('is never renewed after it was revoked', async () => {
    const tokens = await deployment();
    const input = { kind: 'tool', name: 'Nightly', owner: 'org:acme', add: ['messages:send'] } as const;
    const { record } = await tokens.create(input, admin);
    await tokens.revoke(record.id, {}, admin);
    await assert.rejects(tokens.rotate(record.id, { expiresIn: '5d' }, admin), { code: 'terminal' });
  });
});
