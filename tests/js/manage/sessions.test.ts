/** Sessions: what an exchange gives, how the parent bounds it, and when it ends. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tokens } from 'leastkey';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';

const HOUR = 3_600_000;
const START = 1_800_000_000_000;

async function clocked(kinds: object = {}) {
  const clock = { now: START };
  const tokens = await deployment({ now: () => clock.now, catalog: { ...catalog, kinds } as never });
  return { tokens, clock };
}

/** Exchanges and returns the session's credential. */
async function session(tokens: Tokens, credential: string, input: object = {}) {
  const { token, record } = await tokens.exchange(credential, input);
  assert.ok(token);
  return { session: token, id: record.id, record };
}

const code = async (tokens: Tokens, credential: string) => (await tokens.verify(credential)).code;

describe('an exchange', () => {
  test('gives a session with all permissions of its parent, for an hour', async () => {
    const { tokens } = await clocked();
    const parent = await createToken(tokens, { subject: 'profile:42', tags: ['ci'] });
    const { session: token, record } = await session(tokens, parent.token);
    assert.match(token, new RegExp(`^${tokens.pattern()}$`));
    assert.equal(record.kind, 'session');
    assert.deepEqual(record.parents, [parent.id]);
    assert.deepEqual(
      [record.owner, record.subject, record.resource, record.permissions, record.expiresAt],
      ['org:acme', 'profile:42', 'org:acme', ['messages:send', 'messages:status'], START + HOUR],
    );
    const verdict = await tokens.verify(token, 'messages:send');
    assert.deepEqual([verdict.code, verdict.token?.parent], ['valid', parent.id]);
    assert.deepEqual(await tokens.get(record.id, admin), record);
    // A list has no sessions.
    assert.deepEqual((await tokens.list({ owner: 'org:acme' }, admin)).items, [
      { ...parent.record, permissionCount: parent.record.permissions.length },
    ]);
  });

  test('gives only the requested permissions', async () => {
    const { tokens } = await clocked();
    const parent = await createToken(tokens);
    const { session: token, record } = await session(tokens, parent.token, {
      permissions: ['messages:status'],
      resource: 'org:acme/group:eng',
      expiresIn: '15m',
      name: 'Browser',
    });
    assert.equal(record.name, 'Browser');
    assert.equal(record.expiresAt, START + HOUR / 4);
    const verify = async (permission: string, resource: string) =>
      (await tokens.verify(token, { permission, resource })).code;
    assert.equal(await verify('messages:status', 'org:acme/group:eng'), 'valid');
    assert.equal(await verify('messages:status', 'org:acme'), 'outside_resource');
    assert.equal(await verify('messages:send', 'org:acme/group:eng'), 'insufficient_permission');
  });

  const refusals: [title: string, input: unknown, code: string, path?: string][] = [
    ['a permission that the parent lacks', { permissions: ['branch:read'] }, 'exceeds_ceiling'],
    ['a permission that is none', { permissions: ['nope:nope'] }, 'invalid_input', 'permissions[0]'],
    ['no permission at all', { permissions: [] }, 'invalid_input', 'permissions'],
    ['a resource outside', { resource: 'org:other' }, 'exceeds_ceiling', 'resource'],
    ['the resource above', { resource: '' }, 'exceeds_ceiling', 'resource'],
    ['a kind that is created', { kind: 'personal' }, 'invalid_input', 'kind'],
    ['a lifetime of nothing', { expiresIn: 0 }, 'invalid_input', 'expiresIn'],
    ['an owner', { owner: 'org:other' }, 'invalid_input', 'owner'],
    ['no object', 'x', 'invalid_input', 'input'],
  ];
  for (const [title, input, expected, path] of refusals) {
    test(`refuses ${title}`, async () => {
      const { tokens } = await clocked();
      const parent = await createToken(tokens);
      await assert.rejects(tokens.exchange(parent.token, input as never), {
        code: expected,
        ...(path !== undefined && { path }),
      });
    });
  }

  test('never gives a longer life than that of its parent', async () => {
    const { tokens, clock } = await clocked({ session: { lifetime: { longest: '2h' } } });
    const parent = await createToken(tokens, { expiresAt: START + HOUR / 2 });
    const { session: token, record } = await session(tokens, parent.token, { expiresIn: '2h' });
    assert.equal(record.expiresAt, START + HOUR / 2);
    await assert.rejects(tokens.exchange(parent.token, { expiresIn: '3h' }), { code: 'invalid_input' });
    clock.now = START + HOUR / 2;
    assert.equal(await code(tokens, token), 'expired');
  });

  test('accepts a Request, and refuses every credential that does not verify', async () => {
    const { tokens, clock } = await clocked();
    const parent = await createToken(tokens);
    const request = new Request('https://api.example', {
      headers: { authorization: `Bearer ${parent.token}` },
    });
    assert.ok((await tokens.exchange(request, {})).token);
    const made = (changes = {}) => createToken(tokens, changes);
    const [revoked, disabled, deleted, short] = [
      await made(),
      await made(),
      await made(),
      await made({ expiresIn: '1ms' }),
    ];
    await tokens.revoke(revoked.id, {}, admin);
    await tokens.disable(disabled.id, admin);
    await tokens.delete(deleted.id, admin);
    clock.now += 1;
    const { next } = { next: (await tokens.rotate(parent.id, { grace: 0 }, admin)).token };
    assert.ok(next);
    const refused = {
      missing: new Headers(),
      malformed: new Headers({ authorization: 'Bearer a b' }),
      ambiguous_credentials: new Headers({ authorization: `Bearer ${next}, Bearer ${next}` }),
      bad_checksum: `${next.slice(0, -1)}${next.endsWith('0') ? '1' : '0'}`,
      revoked: revoked.token,
      disabled: disabled.token,
      expired: short.token,
      unknown: deleted.token,
      rotated_out: parent.token,
    };
    for (const [expected, credential] of Object.entries(refused)) {
      const text = typeof credential === 'string' ? credential.slice(-20) : '?';
      await assert.rejects(tokens.exchange(credential, {}), ({ code, message }) => {
        assert.equal(code, 'invalid_token', `${expected}: ${message}`);
        // The host receives the reason, without the text.
        const named = ['revoked', 'disabled', 'expired'].includes(expected) ? '' : expected;
        return message.includes(named) && !message.includes(text);
      });
    }
  });

  test('is subject to the conditions of the parent, and so is the session', async () => {
    const { tokens } = await clocked();
    const { token } = await createToken(tokens, { conditions: { ips: ['10.0.0.0/8'] } });
    await assert.rejects(tokens.exchange(token, {}), { code: 'invalid_token', message: /condition_failed/ });
    await assert.rejects(tokens.exchange(token, {}, { ip: '192.0.2.1' }), { code: 'invalid_token' });
    const { token: inside } = await tokens.exchange(token, {}, { ip: '10.1.2.3' });
    assert.ok(inside);
    assert.equal((await tokens.verify(inside, undefined, { ip: '10.9.9.9' })).code, 'valid');
    assert.equal((await tokens.verify(inside, undefined, { ip: '192.0.2.1' })).code, 'condition_failed');
  });

  test('is possible only for the kinds that allow it', async () => {
    const { tokens } = await clocked({ fixed: { title: 'Fixed', actions: ['revoke'] } });
    const { token } = await createToken(tokens, { kind: 'fixed' });
    await assert.rejects(tokens.exchange(token, {}), { code: 'forbidden' });
  });
});

describe('a chain of sessions', () => {
  test('has at most four links, none with more than the one before; a sibling is no link', async () => {
    const { tokens } = await clocked();
    const parent = await createToken(tokens);
    const chain = [parent];
    let credential = parent.token;
    for (let link = 0; link < 4; link++) {
      const made = await session(tokens, credential);
      chain.unshift({ token: made.session, id: made.id, record: made.record });
      assert.deepEqual(
        made.record.parents,
        chain.slice(1).map(({ id }) => id),
      );
      credential = made.session;
    }
    await assert.rejects(tokens.exchange(credential, {}), { code: 'forbidden' });
    const sibling = await session(tokens, credential, { sibling: true });
    assert.deepEqual(sibling.record.parents, chain[0]?.record.parents);
    // Ending one in the middle ends its own sessions, and nothing else.
    const [fourth, third, second, first] = chain.map(({ token }) => token);
    await tokens.revoke(chain[2]?.id as string, {}, admin);
    assert.deepEqual(
      await Promise.all([fourth, third, second, sibling.session].map((one) => code(tokens, one as string))),
      ['revoked', 'revoked', 'revoked', 'revoked'],
    );
    assert.deepEqual(
      [await code(tokens, first as string), await code(tokens, parent.token)],
      ['valid', 'valid'],
    );
  });
});

describe('the end of the parent', () => {
  const ends: Record<string, [end: (tokens: Tokens, id: string) => Promise<unknown>, code: string]> = {
    revoked: [(tokens, id) => tokens.revoke(id, {}, admin), 'revoked'],
    disabled: [(tokens, id) => tokens.disable(id, admin), 'disabled'],
    deleted: [(tokens, id) => tokens.delete(id, admin), 'revoked'],
    'of a disabled owner': [
      async (tokens) => {
        const root = { id: 'user:root', roles: { '': 'admin' } };
        await tokens.accounts.put({ id: 'org:acme', roles: { 'org:acme': 'admin' } }, root);
        await tokens.accounts.disable('org:acme', root);
      },
      'owner_inactive',
    ],
  };
  for (const [title, [end, expected]] of Object.entries(ends)) {
    test(`${title}: every session of it stops at once`, async () => {
      const { tokens } = await clocked();
      const parent = await createToken(tokens);
      const made = [await session(tokens, parent.token), await session(tokens, parent.token)];
      const below = await session(tokens, made[0]?.session as string);
      for (const { session } of [...made, below]) assert.equal(await code(tokens, session), 'valid');
      await end(tokens, parent.id);
      for (const { session } of [...made, below]) assert.equal(await code(tokens, session), expected);
    });
  }

  test('narrowed: its sessions are narrower too', async () => {
    const { tokens } = await clocked({ open: { title: 'Open' } });
    const parent = await createToken(tokens, { kind: 'open' });
    const { session: token } = await session(tokens, parent.token);
    await tokens.edit(parent.id, { add: ['messages:status'] }, admin);
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'insufficient_permission');
    assert.deepEqual((await tokens.verify(token)).token?.permissions, ['messages:status']);
  });
});

describe('the maximum of active sessions of a parent', () => {
  test('is two here; one that ends, in any way, makes room', async () => {
    const { tokens, clock } = await clocked({ session: { sessions: 2 } });
    const parent = await createToken(tokens);
    const other = await createToken(tokens, { name: 'Other' });
    const full = () => assert.rejects(tokens.exchange(parent.token, {}), { code: 'too_many_sessions' });
    const first = await session(tokens, parent.token);
    const second = await session(tokens, parent.token, { expiresIn: '2m' });
    await full();
    await session(tokens, other.token);
    await tokens.revoke(first.id, {}, admin);
    assert.equal(await code(tokens, first.session), 'revoked');
    assert.equal(await code(tokens, parent.token), 'valid');
    const third = await session(tokens, parent.token);
    await full();
    await tokens.delete(third.id, admin);
    await session(tokens, parent.token);
    await full();
    clock.now += HOUR / 30;
    assert.equal(await code(tokens, second.session), 'expired');
    await session(tokens, parent.token);
    await full();
  });

  test('holds for concurrent exchanges', async () => {
    const { tokens } = await clocked({ session: { sessions: 3 } });
    const parent = await createToken(tokens);
    const settled = await Promise.allSettled(
      Array.from({ length: 8 }, () => tokens.exchange(parent.token, {})),
    );
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 3);
  });
});

test('a credential in the name of a session is refused', async () => {
  const { tokens } = await clocked();
  const { token } = await createToken(tokens);
  assert.ok(token.startsWith(PREFIX));
  await assert.rejects(tokens.exchange(token, { name: token }), { code: 'invalid_input', path: 'name' });
});

describe('the active sessions of a token', () => {
  test('are listed by the token, newest first and by pages, and by no other', async () => {
    const { tokens, clock } = await clocked();
    const parent = await createToken(tokens);
    const other = await createToken(tokens, { name: 'Other' });
    await session(tokens, other.token);
    const made = [];
    for (let at = 0; at < 5; at++) {
      clock.now += 1;
      made.unshift((await session(tokens, parent.token, { expiresIn: at === 0 ? '1m' : '1h' })).id);
    }
    const query = { owner: 'org:acme', parent: parent.id };
    const page = (more: object) => tokens.list({ ...query, ...more }, admin);
    const ids = async (more: object = {}) => (await page(more)).items.map(({ id }) => id);
    assert.deepEqual(await ids(), made);
    const first = await page({ limit: 2 });
    assert.deepEqual([first.items.map(({ id }) => id), first.next], [made.slice(0, 2), made[1]]);
    const rest = await page({ after: first.next as string });
    assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [made.slice(2), undefined]);

    await tokens.revoke(made[1] as string, {}, admin);
    clock.now += HOUR / 2;
    assert.deepEqual(await ids(), [made[0], made[2], made[3]], 'what has ended is not there');
    assert.deepEqual(await ids({ status: 'disabled' }), []);
    const eve = { id: 'user:eve', roles: { 'org:other': 'admin' } };
    await assert.rejects(tokens.list(query, eve), { code: 'forbidden' });
    assert.deepEqual((await tokens.list({ ...query, owner: 'org:other' }, eve)).items, []);
    await tokens.revoke(parent.id, {}, admin);
    await assert.rejects(page({ parent: 'x' }), { code: 'invalid_input', path: 'parent' });
  });
});

describe('a list of sessions', () => {
  test('has each active one on exactly one page, in whatever order they were committed', async () => {
    const { tokens } = await clocked();
    const parent = await createToken(tokens);
    const made = await Promise.all(Array.from({ length: 100 }, () => session(tokens, parent.token)));
    for (const limit of [7, 10, 50, 99, 100, 200]) {
      const listed: string[] = [];
      let after: string | undefined;
      do {
        const query = { owner: 'org:acme', parent: parent.id, limit, ...(after !== undefined && { after }) };
        const page = await tokens.list(query, admin);
        assert.ok(page.items.length <= limit);
        listed.push(...page.items.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(
        listed,
        made
          .map(({ id }) => id)
          .sort()
          .reverse(),
        `pages of ${limit}`,
      );
    }
  });
});
