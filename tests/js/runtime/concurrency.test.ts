import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, createToken, deployment } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';
import { wrapped } from '../support/wrapped-store.js';

const MADE_BY_EACH = 150;
const SHARED = 60;

test('a thousand calls at once on one SQLite file from two processes: nothing is lost, nothing revoked is accepted', async () => {
  const file = temporaryFile();
  try {
    const store = sqliteStore({ path: file.path });
    const tokens = await deployment({ store });
    const shared: { id: string; token: string }[] = [];
    for (let index = 0; index < SHARED; index++) {
      const { id, token } = await createToken(tokens, { name: `Shared ${index}` });
      shared.push({ id, token });
    }
    const workers = ['first', 'second'].map((name) =>
      start('create-and-revoke', file.path, name, String(MADE_BY_EACH), JSON.stringify(shared)),
    );
    const reports = await Promise.all(
      workers.map(async (worker) => {
        const printed: string[] = [];
        for await (const line of lines(worker)) printed.push(line);
        assert.equal(await ending(worker), 0);
        return JSON.parse(printed.join('')) as {
          calls: number;
          results: { token: string; revoked: boolean }[];
        };
      }),
    );
    const calls = reports.reduce((sum, report) => sum + report.calls, 0);
    assert.ok(calls >= 1_000, `${calls} calls`);
    for (const { token, revoked } of reports.flatMap(({ results }) => results)) {
      assert.equal((await tokens.verify(token)).code, revoked ? 'revoked' : 'valid');
    }
    const statuses = { active: 0, disabled: 0, revoked: 0 };
    let after: string | undefined;
    do {
      const page = await tokens.list({ owner: 'org:acme', limit: 200, ...(after && { after }) }, admin);
      for (const { status } of page.items) statuses[status] += 1;
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(statuses, { active: MADE_BY_EACH, disabled: 0, revoked: MADE_BY_EACH + SHARED });
    store.close();
  } finally {
    file.remove();
  }
});

test('a change that is overtaken while it reads is planned again with the same time', async () => {
  const store = memoryStore();
  let instant = Date.now();
  const now = () => (instant += 5);
  const here = await deployment({ store, now });
  const { id } = await createToken(here);
  let gets = 0;
  let commits = 0;
  const overtaken = wrapped(store, {
    async get(keys) {
      gets += 1;
      const values = await store.get(keys);
      // Between the head of the trail and the places after it.
      if (keys.some((key) => key.startsWith('audit-head/')) && gets < 5)
        await here.revoke(id, { reason: 'here' }, admin);
      return values;
    },
    commit(writes) {
      commits += 1;
      return store.commit(writes);
    },
  });
  const there = await deployment({ store: overtaken, now, deadline: '2s' });
  assert.equal((await there.revoke(id, { reason: 'there' }, admin)).reason, 'here');
  assert.ok(gets < 12 && commits === 1, `${gets} reads, ${commits} commits`);
});
