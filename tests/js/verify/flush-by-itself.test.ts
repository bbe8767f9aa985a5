/** Uses are written without a call of the host, and limits are counted by guards. */

import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { createGuard, createVerifier, type TokenUse } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';

const request = (token: string) =>
  new Request('https://api.example/x', { headers: { authorization: `Bearer ${token}` } });

describe('uses are flushed', () => {
  test('before a process ends by itself', async () => {
    const file = temporaryFile();
    const child = start('unflushed-script', file.path);
    const printed: string[] = [];
    for await (const line of lines(child)) printed.push(line);
    assert.equal(await ending(child), 0);
    const store = sqliteStore({ path: file.path });
    try {
      assert.equal((await (await deployment({ store })).get(printed[0] as string, admin)).uses, 1);
    } finally {
      store.close();
      file.remove();
    }
  });

  test('by a timer, once for many uses, and not if that is turned off', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      for (const [usage, uses] of [
        [{ flush: '2s' }, 3],
        [{ flush: false }, undefined],
      ] as const) {
        const store = memoryStore();
        const tokens = await deployment({ store, usage });
        const { token, id } = await createToken(tokens);
        for (let turn = 0; turn < 3; turn++) tokens.verifySync(token, 'messages:send');
        mock.timers.tick(1_999);
        assert.equal((await tokens.get(id, admin)).uses, undefined);
        mock.timers.tick(1);
        // A flush that the timer began is awaited by the next one.
        if (uses !== undefined) await tokens.flush();
        assert.equal((await tokens.get(id, admin)).uses, uses);
      }
    } finally {
      mock.timers.reset();
    }
  });

  test('with a request of a worker, at most once in the interval', async () => {
    const work: Promise<unknown>[] = [];
    const clock = { now: 1_800_000_000_000 };
    const waitUntil = (one: Promise<unknown>) => void work.push(one);
    const tokens = await deployment({ now: () => clock.now, usage: { flush: '5s', waitUntil } });
    const { token, id } = await createToken(tokens);
    for (const [later, flushes] of [
      [0, 1],
      [1_000, 1],
      [5_000, 2],
    ] as const) {
      clock.now = 1_800_000_000_000 + later;
      await tokens.verify(token, 'messages:send');
      assert.equal(work.length, flushes);
    }
    await Promise.all(work);
    assert.equal((await tokens.get(id, admin)).uses, 3);
  });
});

describe('a guard', () => {
  for (const freshness of [0, '1h'] as const) {
    test(`counts a use of each request by default, freshness ${freshness}`, async () => {
      const tokens = await deployment({ freshness });
      const limits = { credits: { amount: 2 } };
      const [limited, free] = [
        await createToken(tokens, { limits }),
        await createToken(tokens, { name: 'Free' }),
      ];
      const guard = createGuard(tokens);
      const status = async (token: string, options = {}) =>
        (await guard(request(token), 'messages:send', options)).response?.status;
      assert.equal(await status(limited.token), undefined);
      assert.equal(await status(limited.token), undefined);
      assert.equal(await status(limited.token), 429);
      for (let turn = 0; turn < 4; turn++) assert.equal(await status(free.token), undefined);
      const free429 = createGuard(tokens, { consume: false });
      assert.equal((await free429(request(limited.token), 'messages:send')).response, undefined);
      // A limit that is set later is counted, too.
      await tokens.edit(free.id, { limits: { credits: { amount: 1 } } }, admin);
      assert.equal(await status(free.token), undefined);
      assert.equal(await status(free.token), 429);
    });
  }
});

describe('a verifier', () => {
  test('counts in its memory, and hands uses on', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens, { limits: { credits: { amount: 2 } } });
    const batches: TokenUse[][] = [];
    const work: Promise<unknown>[] = [];
    const verifier = await createVerifier({
      catalog,
      store,
      prefix: PREFIX,
      uses: (batch) => batches.push(batch),
      waitUntil: (one) => void work.push(one),
    });
    const codes = [];
    for (let turn = 0; turn < 3; turn++)
      codes.push((await verifier.guard(request(token), 'messages:send')).verdict.code);
    assert.deepEqual(codes, ['valid', 'valid', 'usage_exceeded']);
    await Promise.all(work);
    assert.deepEqual(
      batches.flat().map((use) => use.id),
      [id],
    );
    const handed = JSON.parse(JSON.stringify(batches.flat()));
    assert.equal((await tokens.flush({ uses: handed })).flushed, 1);
    assert.equal((await tokens.get(id, admin)).uses, 1);
    await assert.rejects(tokens.flush({ uses: [{ id: 7 }] as never }), { path: 'uses[0]' });
  });

  test('says once that it tells nobody of uses that keep a token alive', async () => {
    const errors: Error[] = [];
    const kinds = { ci: { lifetime: { idle: '1d' } } };
    const options = {
      store: memoryStore(),
      prefix: PREFIX,
      onError: (error: unknown) => void errors.push(error as Error),
    };
    await createVerifier({ ...options, catalog: { ...catalog, kinds } });
    assert.match(errors[0]?.message ?? '', /"ci".*give uses/);
    await createVerifier({ ...options, catalog: { ...catalog, kinds }, uses: () => {} });
    await createVerifier({ ...options, catalog });
    assert.equal(errors.length, 1);
    await assert.rejects(createVerifier({ ...options, catalog, limits: 'exact' as never }), {
      path: 'limits',
    });
  });
});
