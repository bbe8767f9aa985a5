/** Changes of tokens and accounts over HTTP, and the audit trail of them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { api, input } from '../support/api.mjs';
import { expect } from '../support/expect-status.mjs';

const any = { 'if-match': '*' };

/** A job, polled until it is complete. */
async function finished(person, job) {
  let now = job;
  while (!now.complete) now = await expect(200, person('GET', `/jobs/${job.id}`));
  return now;
}

/** A deployment with a token in it, and Ada, who manages it. */
async function begin(changes) {
  const deployment = await api();
  const ada = deployment.as('ada');
  const { token, record } = await expect(201, ada('POST', '/tokens', input(changes)));
  const code = async (credential) => (await deployment.tokens.verify(credential)).code;
  return {
    ...deployment,
    ada,
    root: deployment.as('root'),
    token,
    record,
    code,
    place: `/tokens/${record.id}`,
  };
}

test('a token with every member is created and read', async () => {
  const everything = {
    description: 'Sends what is due at night',
    tags: ['ci'],
    metadata: { team: { id: 7 }, runners: ['a', null] },
    conditions: {
      ips: ['10.0.0.0/8'],
      origins: ['https://portal.test'],
      audiences: ['api'],
      times: { days: ['mon', 'tue'], from: '08:00', to: '18:00', utcOffset: '+02:00' },
    },
    limits: {
      requests: { limit: 10, per: '1m' },
      credits: { amount: 5, refill: { amount: 1, every: '1h' } },
    },
    subject: 'profile:42',
    resource: 'org:acme/group:eng',
    resources: { 'messages:send': ['org:acme/group:eng/device:1'] },
    role: 'user',
    add: ['messages:export'],
    remove: ['messages:status'],
  };
  const lives = { idleAfter: '30d', expiresAt: '2099-12-31', notBefore: Date.now() };
  const { ada, place, record } = await begin({ ...everything, ...lives });
  const { limits, add, remove, ...same } = everything;
  for (const [name, value] of Object.entries(same)) assert.deepEqual(record[name], value, name);
  assert.deepEqual([record.added, record.removed], [add, remove]);
  assert.deepEqual(record.limits.requests, { limit: 10, per: 60_000 });
  assert.equal(record.idleAfter, 2_592_000_000);
  assert.equal(record.expiresAt, Date.UTC(2100, 0, 1));
  assert.deepEqual(await expect(200, ada('GET', place)), record);

  const organization = {
    kind: 'organization',
    owner: 'org:acme',
    role: 'admin',
    expiresIn: '1h',
    templates: [],
  };
  const { record: backed } = await begin(organization);
  assert.equal(backed.technicalUser, `org:acme/technical-user:${backed.id}`);
});

describe('an edit', () => {
  test('applies to the revision of its ETag, and returns the next', async () => {
    const { ada, place, record } = await begin();
    const edited = await ada('PATCH', place, { name: 'Renamed', tags: ['ci'] }, { 'if-match': '"1"' });
    assert.equal(edited.headers.get('etag'), '"2"');
    const { revision, name, tags, ...rest } = await expect(200, edited);
    assert.deepEqual({ revision, name, tags }, { revision: 2, name: 'Renamed', tags: ['ci'] });
    assert.deepEqual(rest.permissions, record.permissions);

    const late = await expect(412, ada('PATCH', place, { name: 'Late' }, { 'if-match': '"1"' }));
    assert.equal(late.code, 'precondition_failed');
    const cleared = await expect(200, ada('PATCH', place, { tags: null }, any));
    assert.deepEqual([cleared.name, cleared.tags], ['Renamed', undefined]);
  });

  for (const [status, header] of [
    [428, undefined],
    [400, ''],
    [400, '1'],
    [400, '*, "1"'],
    [400, '"1" "2"'],
    [400, 'w/"1"'],
    [400, ','],
    [400, Array(21).fill('"1"').join()],
    [412, '"another"'],
    [412, '"2", "3"'],
    [412, '"2", W/"3"'],
    [412, 'W/"2"'],
    [412, '"1-other"'],
    [412, '"0"'],
    [412, '"99999999999999999"'],
  ]) {
    test(`${status} for If-Match ${JSON.stringify(header)}`, async () => {
      const { ada, place } = await begin();
      const headers = header === undefined ? {} : { 'if-match': header };
      await expect(status, ada('PATCH', place, { name: 'Other' }, headers));
      assert.equal((await expect(200, ada('GET', place))).revision, 1);
    });
  }

  for (const header of [
    'W/"1"',
    '"1", "2"',
    '"7",W/"1" ,"another"',
    '"1", "1"',
    ' "1"',
    '"1-gzip"',
    'W/"1--gzip"',
    '"1;br"',
  ]) {
    test(`applies to revision 1 for If-Match ${JSON.stringify(header)}`, async () => {
      const { ada, place } = await begin();
      const edited = await expect(200, ada('PATCH', place, { name: 'Other' }, { 'if-match': header }));
      assert.deepEqual([edited.name, edited.revision], ['Other', 2]);
      await expect(412, ada('PATCH', place, { name: 'Late' }, { 'if-match': 'W/"1"' }));
    });
  }

  test('with a wrong precondition is refused for its other errors first', async () => {
    const { as, ada, place } = await begin();
    const wrong = { 'if-match': '"7", "8"' };
    await expect(404, as('eve')('PATCH', place, { name: 'Other' }, wrong));
    await expect(404, as('eve')('PATCH', place, { name: 'Other' }, { 'if-match': '"another"' }));
    await expect(400, ada('PATCH', place, { nme: 'Other' }, { 'if-match': '"another"' }));
  });

  test('responses with an ETag forbid proxies to transform them', async () => {
    const { ada, place } = await begin();
    const read = await ada('GET', place);
    assert.equal(read.headers.get('cache-control'), 'no-store, no-transform');
    assert.equal((await ada('GET', '/actor')).headers.get('cache-control'), 'no-store');
  });

  test('of a member that the kind makes immutable is refused', async () => {
    const { ada, place } = await begin();
    const { code } = await expect(403, ada('PATCH', place, { add: ['branch:read'] }, any));
    assert.equal(code, 'forbidden');
    await expect(400, ada('PATCH', place, { name: 'Other', revision: 1 }, any));
    await expect(400, ada('PATCH', place, { owner: 'org:other' }, any));
    assert.equal((await expect(200, ada('PATCH', place, {}, any))).revision, 1, 'nothing is no change');
  });
});

describe('a rotation', () => {
  test('gives a second secret; confirmed, the first one ends', async () => {
    const { ada, place, token, code } = await begin();
    const rotated = await ada('POST', `${place}/rotate`, { grace: '1h' });
    assert.equal(rotated.headers.get('etag'), '"2"');
    const { token: next, record } = await expect(200, rotated);
    assert.equal(record.rotation.graceEndsAt - record.rotation.startedAt, 3_600_000);
    assert.deepEqual([await code(token), await code(next)], ['valid', 'valid']);
    assert.equal((await expect(409, ada('POST', `${place}/rotate`))).code, 'conflict');
    const confirmed = await expect(200, ada('POST', `${place}/confirm-rotation`));
    assert.equal(confirmed.rotation, undefined);
    assert.deepEqual([await code(token), await code(next)], ['rotated_out', 'valid']);
  });

  test('aborted, the second secret ends', async () => {
    const { ada, place, token, code } = await begin();
    const { token: next } = await expect(200, ada('POST', `${place}/rotate`));
    await expect(200, ada('POST', `${place}/abort-rotation`));
    assert.equal(await code(token), 'valid');
    assert.notEqual(await code(next), 'valid');
  });

  test('with the same idempotency key is the same one, without its secret', async () => {
    const { ada, place } = await begin();
    const key = { 'idempotency-key': 'rotate-0001' };
    const { record } = await expect(200, ada('POST', `${place}/rotate`, {}, key));
    assert.deepEqual(await expect(200, ada('POST', `${place}/rotate`, {}, key)), { token: null, record });
  });
});

describe('revoke-all', () => {
  test('ends the matching tokens only; a second call changes nothing', async () => {
    const { ada, root, tokens, token, record, code } = await begin({ tags: ['ci'] });
    const { token: other } = await expect(201, ada('POST', '/tokens', input({ name: 'Other' })));
    const query = { owner: 'org:acme', tag: 'ci', reason: 'runner leaked' };
    const dry = await expect(200, ada('POST', '/revoke-all', { ...query, dryRun: true }));
    assert.deepEqual([dry.ids, await code(token)], [[record.id], 'valid']);

    const job = await finished(ada, await expect(202, ada('POST', '/revoke-all', query)));
    assert.deepEqual([job.revoked, job.startedBy, job.owner], [1, 'user:ada', 'org:acme']);
    assert.deepEqual([await code(token), await code(other)], ['revoked', 'valid']);
    assert.equal((await tokens.get(record.id, { id: 'x', roles: { '': 'admin' } })).reason, 'runner leaked');
    const again = await finished(ada, await expect(202, ada('POST', '/revoke-all', query)));
    assert.deepEqual([again.revoked, again.already], [0, 1]);

    await expect(403, ada('POST', '/revoke-all', { owner: '' }));
    assert.equal(await code(other), 'valid');
    await finished(root, await expect(202, root('POST', '/revoke-all', { owner: '' })));
    assert.equal(await code(other), 'revoked');
  });
});

describe('a job', () => {
  test('is at its Location, for actors who manage its owner', async () => {
    const { ada, as } = await begin();
    const started = await ada('POST', '/revoke-all', { owner: 'org:acme', reason: 'leak' });
    const job = await expect(202, started);
    assert.equal(started.headers.get('location'), `/leastkey/v1/jobs/${job.id}`);
    const { complete, revoked, reason } = await finished(ada, job);
    assert.deepEqual([complete, revoked, reason], [true, 1, 'leak']);
    await expect(200, as('root')('GET', `/jobs/${job.id}`));
    await expect(404, as('eve')('GET', `/jobs/${job.id}`));
    assert.equal((await ada('HEAD', `/jobs/${job.id}`)).status, 200);
  });

  test('is 400 for a malformed id, 404 for an unknown one, 503 if the store fails', async () => {
    const inner = memoryStore();
    let fails = false;
    const get = (keys) => (fails ? Promise.reject(new Error('down')) : inner.get(keys));
    const store = { get, list: (range) => inner.list(range), commit: (writes) => inner.commit(writes) };
    const { as } = await api({ store, deployment: { deadline: '50ms' } });
    const ada = as('ada');
    const job = await expect(202, ada('POST', '/revoke-all', { owner: 'org:acme' }));
    for (const id of ['x', 'a'.repeat(23), 'A'.repeat(24), 'g'.repeat(24), '0TZ3abcdEFGH1234'])
      assert.equal((await expect(400, ada('GET', `/jobs/${id}`))).code, 'invalid_input');
    await expect(404, ada('GET', `/jobs/${'0'.repeat(24)}`));
    fails = true;
    await expect(503, ada('GET', `/jobs/${job.id}`));
  });

  test('stores no credential that is pasted into it', async () => {
    const { ada, token } = await begin();
    for (const name of ['owner', 'tag', 'subject', 'after', 'reason']) {
      const { code } = await expect(400, ada('POST', '/revoke-all', { owner: 'org:acme', [name]: token }));
      assert.equal(code, 'invalid_input', name);
    }
  });
});

describe('an account', () => {
  const place = '/accounts/org:acme';
  const none = { 'if-none-match': '*' };
  const user = { roles: { 'org:acme': 'user' } };

  test('is registered once, replaced from its revision, disabled, enabled and deleted', async () => {
    const { root, token, code } = await begin();
    const registered = await root('PUT', place, { ...user, title: 'Acme' }, none);
    assert.equal(registered.headers.get('etag'), '"1"');
    const account = await expect(201, registered);
    assert.deepEqual([account.title, account.revision], ['Acme', 1]);
    assert.deepEqual(await expect(200, root('GET', place)), account);

    await expect(412, root('PUT', place, user, none));
    const full = { permissions: { 'org:acme': ['messages:*'] } };
    const { revision } = await expect(200, root('PUT', place, full, { 'if-match': '"1"' }));
    assert.equal(revision, 2);
    await expect(412, root('PUT', place, user, { 'if-match': '"1"' }));
    await expect(428, root('PUT', place, user));
    assert.equal((await expect(200, root('PUT', place, user, any))).revision, 3);

    await expect(200, root('POST', `${place}/disable`));
    assert.equal(await code(token), 'owner_inactive');
    await expect(200, root('POST', `${place}/enable`));
    assert.equal(await code(token), 'valid');
    assert.deepEqual(await expect(200, root('DELETE', place)), { id: 'org:acme' });
    assert.equal(await code(token), 'owner_inactive');
    await expect(404, root('GET', place));
  });

  test('that does not exist is not replaced', async () => {
    const { root } = await begin();
    // RFC 9110 §13.1.1: "*" is false where there is nothing.
    await expect(412, root('PUT', place, user, any));
    await expect(412, root('PUT', place, user, { 'if-match': '"1"' }));
    await expect(412, root('PUT', place, user, { 'if-match': '"1", W/"2"' }));
    await expect(400, root('PUT', place, user, { 'if-none-match': '"1"' }));
    await expect(400, root('PUT', place, user, { ...none, ...any }));
    await expect(404, root('GET', place));
  });

  test('below another is found with its slashes encoded, or decoded by a proxy', async () => {
    for (const group of [
      '/accounts/org:acme%2Fgroup:eng',
      '/accounts/org:acme/group:eng',
      '/accounts/org%3Aacme/group%3Aeng',
    ]) {
      const { ada, root } = await begin();
      assert.equal((await expect(201, ada('PUT', group, user, none))).id, 'org:acme/group:eng');
      assert.equal((await expect(200, ada('GET', group))).id, 'org:acme/group:eng');
      await expect(400, ada('PUT', group, { ...user, id: 'org:other' }, any));
      assert.equal((await expect(200, ada('PUT', group, user, { 'if-match': 'W/"1"' }))).revision, 1);
      assert.equal((await expect(200, ada('POST', `${group}/disable`))).status, 'disabled');
      assert.equal((await expect(200, ada('POST', `${group}/enable`))).status, 'active');
      for (const [method, path] of [
        ['POST', group],
        ['GET', `${group}/disable`],
        ['DELETE', `${group}/enable`],
      ])
        assert.equal((await ada(method, path)).status, 405, `${method} ${path}`);
      for (const path of [`${group}/`, '/accounts//', '/accounts/', '/accounts/org:acme//group:eng'])
        await expect(404, root('GET', path));
      assert.deepEqual(await expect(200, ada('DELETE', group)), { id: 'org:acme/group:eng' });
    }
  });

  test('whose id ends in a verb is reached by ?id=; in a path the verb wins', async () => {
    const { ada } = await begin();
    const id = 'org:acme/disable';
    const byQuery = `/accounts?id=${encodeURIComponent(id)}`;
    assert.equal((await expect(201, ada('PUT', byQuery, user, none))).id, id);
    assert.equal((await expect(200, ada('GET', byQuery))).id, id);
    assert.equal((await expect(200, ada('GET', '/accounts?id=org:acme/disable'))).id, id);
    assert.equal((await expect(200, ada('GET', '/accounts/org:acme%2Fdisable'))).id, id);
    await expect(405, ada('GET', '/accounts/org:acme/disable'));
    assert.equal((await expect(200, ada('POST', '/accounts/org:acme/disable/disable'))).id, id);
    assert.equal((await expect(200, ada('POST', '/accounts/org:acme%2Fdisable/enable'))).id, id);
    await expect(404, ada('POST', '/accounts/org:acme/disable'), 'of org:acme, which has no account');
    assert.deepEqual(await expect(200, ada('DELETE', byQuery)), { id });
    await expect(400, ada('GET', '/accounts'));
    await expect(400, ada('GET', '/accounts?id=org:acme&id=org:other'));
    await expect(404, ada('GET', '/accounts?id=org:other'));
  });

  test('cannot be seen or changed by others, whether it exists or not', async () => {
    const { root, as } = await begin();
    const calls = [
      ['GET', place],
      ['PUT', place, user, any],
      ['PUT', place, user, none],
      ['DELETE', place],
      ['POST', `${place}/disable`],
      ['POST', `${place}/enable`],
    ];
    const answers = async (person) => {
      const seen = [];
      for (const call of calls) {
        const response = await as(person)(...call);
        seen.push(`${call[0]} ${response.status} ${await response.text()}`);
      }
      return seen;
    };
    const absent = [await answers('ada'), await answers('eve')];
    for (const answer of absent.flat()) assert.match(answer, /^\w+ 40[34] /);
    await expect(201, root('PUT', place, user, none));
    assert.deepEqual(await answers('eve'), absent[1]);
    assert.equal((await expect(200, root('GET', place))).revision, 1);
  });
});

describe('the trail', () => {
  test('has the changes of an owner, by pages and as JSON Lines', async () => {
    const { ada, as, place, record } = await begin();
    await expect(200, ada('POST', `${place}/disable`));
    await expect(200, ada('POST', `${place}/revoke`, { reason: 'laptop stolen' }));
    const operations = [];
    for (let after = ''; after !== undefined; ) {
      const page = await expect(200, ada('GET', `/audit?owner=org:acme&limit=2${after}`));
      operations.push(...page.items.map(({ operation }) => operation));
      after = page.next === undefined ? undefined : `&after=${page.next}`;
    }
    assert.deepEqual(operations, ['revoke', 'disable', 'create']);
    const { items } = await expect(200, ada('GET', `/audit?owner=org:acme&order=oldest&token=${record.id}`));
    assert.equal(items[2].reason, 'laptop stolen');

    const exported = await ada('GET', '/audit/export?owner=org:acme');
    assert.equal(exported.headers.get('content-type'), 'application/jsonl');
    const lines = (await exported.text()).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      items,
    );

    for (const path of ['/audit', '/audit/export']) {
      await expect(403, as('eve')('GET', `${path}?owner=org:acme`));
      await expect(400, ada('GET', path));
    }
  });
});

describe('the catalog', () => {
  test('has all choices, and which of them this actor can give', async () => {
    const { ada, as } = await begin();
    const described = await expect(200, ada('GET', '/catalog?owner=org:acme'));
    assert.deepEqual(
      described.templates.map(({ id, permissions, recommended }) => [id, permissions, recommended]),
      [
        ['sender', 2, true],
        ['branches', 2, false],
      ],
    );
    assert.equal(described.ceiling.length, 5);
    const managed = ({ kinds }) => kinds.filter(({ manage }) => manage).map(({ id }) => id);
    assert.deepEqual(managed(described), ['permission-set', 'organization', 'personal', 'session']);
    const foreign = await expect(200, as('eve')('GET', '/catalog?owner=org:acme'));
    assert.deepEqual([foreign.ceiling, managed(foreign)], [[], []]);
    assert.equal((await expect(200, as('eve')('GET', '/catalog'))).owner, 'user:eve');
  });
});
