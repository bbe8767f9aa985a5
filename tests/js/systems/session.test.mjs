/** Document 003, session tokens: exchange and end. Their HTTP endpoints have separate tests. */

import assert from 'node:assert/strict';
import { catalog, codeOf, day, deployment, people } from './deployment.mjs';
import { testsOf } from './rows.mjs';

const { shows, complete } = testsOf('003');
const { tokens, start, pass, changedBy } = await deployment();
const { user, otherUser, root, organizationAdmin, groupAdmin } = people;
const hour = 3_600_000;

let made = 0;
/** The bearer token of an application. */
function bearer(more) {
  made += 1;
  const input = {
    kind: 'application',
    name: `Gallery ${made}`,
    templates: ['library'],
    expiresIn: '30d',
    ...more,
  };
  return tokens.create(input, user);
}

/** A bearer token of each of the four systems, and of an application. */
const bearers = () => {
  const exports = { owner: 'org:acme', expiresIn: '30d' };
  const one = (input, actor) => tokens.create({ name: 'Bearer', ...input }, actor);
  made += 1;
  return Promise.all([
    bearer(),
    one(
      { kind: 'permission-set', ...exports, templates: ['all-channels'], subject: 'profile:42' },
      organizationAdmin,
    ),
    one({ kind: 'organization', ...exports }, organizationAdmin),
    one({ kind: 'group', ...exports, owner: 'org:acme/group:eng', role: 'admin' }, groupAdmin),
    one({ kind: 'personal', name: `Bearer ${made}`, templates: ['Policy'] }, user),
  ]);
};

const codes = async (credentials) => {
  const verdicts = await Promise.all(credentials.map(({ token }) => tokens.verify(token)));
  return verdicts.map(({ code }) => code);
};

shows('a session token authenticates an application and gives access to its purpose', async () => {
  const { record } = await bearer();
  const { token } = await tokens.exchange((await bearer()).token, {});
  const verdict = await tokens.verify(token, tokens.match('GET', '/assets/7/file'));
  assert.deepEqual(
    [verdict.code, verdict.token.kind, verdict.token.owner],
    ['valid', 'session', record.owner],
  );
  assert.equal((await tokens.verify(token, tokens.match('POST', '/assets'))).code, 'insufficient_permission');
});

shows('a session acts on behalf of the user of its bearer token', async () => {
  for (const { token, record } of await bearers()) {
    const session = await tokens.exchange(token, {});
    const parent = (await tokens.verify(token)).token;
    const child = (await tokens.verify(session.token)).token;
    for (const member of ['owner', 'subject', 'technicalUser', 'resource', 'permissions']) {
      assert.deepEqual(child[member], parent[member], `${record.kind}: ${member}`);
    }
    // A token that acts as a user does not manage as that user.
    assert.equal('role' in child, false, record.kind);
  }
});

shows('a session has no more than its bearer token, and less if less was requested', async () => {
  const { token } = await bearer({ templates: ['library-editor'] });
  const asked = { permissions: ['assets:search'], resource: 'user:7/library:1' };
  const narrow = await tokens.exchange(token, asked);
  assert.deepEqual(narrow.record.permissions, ['assets:search']);
  const at = async (permission, resource) =>
    (await tokens.verify(narrow.token, { permission, resource })).code;
  assert.equal(await at('assets:search', 'user:7/library:1'), 'valid');
  assert.equal(await at('assets:search', 'user:7/library:2'), 'outside_resource');
  assert.equal(await at('assets:upload', 'user:7/library:1'), 'insufficient_permission');
  for (const wider of [
    { permissions: ['devices:read'] },
    { permissions: ['assets:search', 'messages:send'] },
    { resource: '' },
    { resource: 'user:8' },
  ]) {
    assert.equal(await codeOf(tokens.exchange(token, wider)), 'exceeds_ceiling', JSON.stringify(wider));
  }
  assert.equal(
    await codeOf(tokens.exchange(narrow.token, { permissions: ['assets:upload'] })),
    'exceeds_ceiling',
  );
});

shows('a session token with one character changed is refused', async () => {
  const { token } = await tokens.exchange((await bearer()).token, {});
  for (let at = 0; at < token.length; at += 1) {
    const changed = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1);
    const { status } = await tokens.verify(changed);
    assert.equal(status, 401, `the character ${at}`);
  }
});

shows('a session token comes only from an exchange', async () => {
  const input = { kind: 'session', name: 'T', owner: 'user:7', templates: ['library'] };
  for (const actor of [user, root]) {
    await assert.rejects(tokens.create(input, actor), ({ problems }) => {
      assert.deepEqual(problems, [
        { path: 'kind', message: 'tokens of kind "session" come from an exchange' },
      ]);
      return true;
    });
  }
});

shows('a bearer token gets a session token', async () => {
  for (const { token, record } of await bearers()) {
    const changed = await changedBy(async () => {
      const session = await tokens.exchange(token, {});
      assert.notEqual(session.token, token);
      assert.equal(session.record.kind, 'session');
      assert.deepEqual(session.record.parents, [record.id]);
      assert.equal((await tokens.verify(session.token)).code, 'valid');
    });
    assert.equal(changed.length, 1, 'the session, and nothing of its bearer token');
    assert.notEqual(changed[0], `token/${record.id}`);
  }
});

shows('an invalid bearer token gets none', async () => {
  const revoked = await bearer();
  await tokens.revoke(revoked.record.id, {}, user);
  const disabled = await bearer();
  await tokens.disable(disabled.record.id, user);
  const deleted = await bearer();
  await tokens.delete(deleted.record.id, user);
  const expired = await bearer({ expiresIn: '1s' });
  pass(1_000);
  const credentials = [revoked, disabled, deleted, expired].map(({ token }) => token);
  const changed = await changedBy(async () => {
    for (const credential of [...credentials, 'acme_test_made-up', '', new Headers()]) {
      await assert.rejects(tokens.exchange(credential, {}), { name: 'LeastkeyError' });
    }
  });
  assert.deepEqual(changed, []);
});

shows('the bearer token is read from the header, as curl sends it there', async () => {
  const { token } = await bearer();
  for (const scheme of ['bearer', 'Bearer', 'BEARER']) {
    const headers = new Headers({ Authorization: `${scheme} ${token}` });
    const session = await tokens.exchange(headers, {});
    const sent = new Headers({ Authorization: `${scheme} ${session.token}` });
    assert.equal((await tokens.verify(sent, 'assets:search')).code, 'valid');
  }
});

shows('the exchange returns the details of the session and its token', async () => {
  const { token, record: parent } = await bearer();
  const { token: credential, record } = await tokens.exchange(token, { expiresIn: '15m' });
  assert.match(credential, new RegExp(`^${tokens.pattern()}$`));
  assert.deepEqual(record, {
    id: record.id,
    kind: 'session',
    name: parent.name,
    owner: 'user:7',
    parents: [parent.id],
    resource: 'user:7',
    permissions: parent.permissions,
    templates: [],
    added: [],
    removed: [],
    status: 'active',
    createdAt: record.createdAt,
    createdBy: `token:${parent.id}`,
    expiresAt: record.createdAt + hour / 4,
    revision: 1,
  });
});

shows('a session is short, and never longer than its bearer token', async () => {
  const long = await bearer();
  const session = await tokens.exchange(long.token, {});
  assert.equal(session.record.expiresAt, session.record.createdAt + hour);
  assert.equal(await codeOf(tokens.exchange(long.token, { expiresIn: '13h' })), 'invalid_input');
  const short = await bearer({ expiresIn: '10m' });
  const within = await tokens.exchange(short.token, { expiresIn: '1h' });
  assert.equal(within.record.expiresAt, short.record.expiresAt);
  pass(hour);
  assert.deepEqual(await codes([long, session, short, within]), ['valid', 'expired', 'expired', 'expired']);
});

shows('an ended session is refused everywhere', async () => {
  const { token, record } = await tokens.exchange((await bearer()).token, {});
  assert.equal((await tokens.verify(token)).code, 'valid');
  const elsewhere = await start();
  await tokens.revoke(record.id, { reason: 'ended' }, user);
  for (const server of [tokens, elsewhere, await start()]) {
    assert.deepEqual(
      [(await server.verify(token)).code, (await server.verify(token)).status],
      ['revoked', 401],
    );
    assert.equal((await server.verify(token, 'assets:search')).valid, false);
  }
});

shows('the active sessions of a bearer token are limited, and an ended one makes room', async () => {
  const { token } = await bearer();
  const { sessions } = catalog.kinds.session;
  const living = [];
  for (let at = 0; at < sessions; at += 1) living.push(await tokens.exchange(token, {}));
  assert.equal(await codeOf(tokens.exchange(token, {})), 'too_many_sessions');
  await tokens.revoke(living[0].record.id, {}, user);
  assert.equal(await codeOf(tokens.exchange(token, {})), 'done');
  assert.equal(await codeOf(tokens.exchange(token, {})), 'too_many_sessions');
  pass(hour);
  assert.equal(await codeOf(tokens.exchange(token, {})), 'done', 'those that expired count no more');
});

shows('a session ends alone: its bearer token and its siblings stay valid', async () => {
  const parent = await bearer();
  const [meant, sibling] = [await tokens.exchange(parent.token, {}), await tokens.exchange(parent.token, {})];
  const changed = await changedBy(() => tokens.revoke(meant.record.id, {}, user));
  assert.deepEqual(changed, [`token/${meant.record.id}`]);
  assert.deepEqual(await codes([parent, meant, sibling]), ['valid', 'revoked', 'valid']);
});

shows('a session is refreshed by another from the bearer token, and ended', async () => {
  const parent = await bearer();
  const old = await tokens.exchange(parent.token, {});
  pass(hour / 2);
  const fresh = await tokens.exchange(parent.token, {});
  await tokens.revoke(old.record.id, {}, user);
  assert.deepEqual(fresh.record.permissions, old.record.permissions);
  assert.ok(fresh.record.expiresAt > old.record.expiresAt);
  assert.deepEqual(await codes([old, fresh]), ['revoked', 'valid']);
});

shows('a session gets a successor, which ends no later than the session itself', async () => {
  const parent = await bearer();
  const old = await tokens.exchange(parent.token, {});
  pass(hour / 2);
  const successor = await tokens.exchange(old.token, { sibling: true });
  assert.deepEqual(successor.record.parents, [parent.record.id]);
  assert.equal(successor.record.expiresAt, old.record.expiresAt);
  await tokens.revoke(old.record.id, {}, user);
  assert.deepEqual(await codes([old, successor]), ['revoked', 'valid']);
  pass(hour / 2);
  assert.deepEqual(await codes([successor]), ['expired']);
});

shows('after an end there is no session without the bearer token', async () => {
  const parent = await bearer();
  const session = await tokens.exchange(parent.token, {});
  const further = await tokens.exchange(session.token, {});
  await tokens.revoke(session.record.id, { reason: 'logged out' }, user);
  assert.deepEqual(await codes([session, further]), ['revoked', 'revoked']);
  for (const { token } of [session, further]) {
    for (const sibling of [false, true])
      assert.notEqual(await codeOf(tokens.exchange(token, { sibling })), 'done');
  }
  assert.equal(await codeOf(tokens.exchange(parent.token, {})), 'done');
});

shows('the end of the bearer token ends every session of it at once', async () => {
  for (const [end, code] of [
    [(id) => tokens.revoke(id, {}, user), 'revoked'],
    [(id) => tokens.disable(id, user), 'disabled'],
    [(id) => tokens.delete(id, user), 'revoked'],
  ]) {
    const parent = await bearer();
    const first = await tokens.exchange(parent.token, {});
    const sessions = [first, await tokens.exchange(parent.token, {}), await tokens.exchange(first.token, {})];
    const changed = await changedBy(() => end(parent.record.id));
    assert.deepEqual(changed, [`token/${parent.record.id}`], 'one write ends them all');
    assert.deepEqual(await codes(sessions), [code, code, code]);
  }
});

shows('an ended session cannot be reinstated by anything', async () => {
  const { token, record } = await tokens.exchange((await bearer()).token, {});
  const { id } = record;
  await tokens.revoke(id, {}, user);
  for (const actor of [user, root]) {
    const attempts = [
      tokens.enable(id, actor),
      tokens.disable(id, actor),
      tokens.rotate(id, {}, actor),
      tokens.edit(id, { add: ['assets:search'] }, actor),
    ];
    for (const attempt of attempts) await assert.rejects(attempt, { name: 'LeastkeyError' });
  }
  pass(day);
  assert.equal((await tokens.verify(token)).code, 'revoked');
});

shows('ending a session twice gives the same response', async () => {
  const { record } = await tokens.exchange((await bearer()).token, {});
  assert.equal(await codeOf(tokens.revoke(record.id, {}, otherUser)), 'not_found');
  const ended = await tokens.revoke(record.id, { reason: 'logged out' }, user);
  assert.deepEqual([ended.status, ended.reason], ['revoked', 'logged out']);
  assert.deepEqual(await tokens.revoke(record.id, {}, user), ended);
});

complete();
