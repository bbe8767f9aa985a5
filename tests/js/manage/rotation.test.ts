/** Rotation in two phases: which secret works when, and how a lost answer is recovered. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, stranger } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const HOUR = 3_600_000;
const START = 1_800_000_000_000;

/** A deployment with a clock that the test sets. */
async function clocked(kinds: object = {}) {
  const clock = { now: START };
  const tokens = await deployment({ now: () => clock.now, catalog: { ...catalog, kinds } as never });
  return { tokens, clock };
}

/** Rotates and returns the new credential. */
async function rotated(tokens: Tokens, id: string, options: object = {}) {
  const { token, record } = await tokens.rotate(id, options, admin);
  assert.ok(token);
  return { next: token, record };
}

const codes = (tokens: Tokens, ...credentials: string[]) =>
  Promise.all(credentials.map(async (credential) => (await tokens.verify(credential, 'messages:send')).code));

describe('a rotation', () => {
  test('adds a new secret beside the old one; everything else stays', async () => {
    const { tokens } = await clocked();
    const { token, id, record } = await createToken(tokens, { expiresIn: '90d', tags: ['ci'] });
    const { next, record: during } = await rotated(tokens, id);
    assert.notEqual(next, token);
    assert.ok(next.includes(id));
    assert.match(next, new RegExp(`^${tokens.pattern()}$`));
    const rotation = { startedAt: START, startedBy: 'user:ada', graceEndsAt: START + 24 * HOUR };
    assert.deepEqual(during, { ...record, rotation: { ...during.rotation, ...rotation }, revision: 2 });
    const [old, young] = [await tokens.verify(token), await tokens.verify(next)];
    assert.deepEqual([old.code, old.token?.successor], ['valid', undefined]);
    assert.deepEqual([young.code, young.token?.successor], ['valid', true]);
  });

  const ends: [
    title: string,
    end: (tokens: Tokens, id: string) => Promise<unknown>,
    old: string,
    next: string,
  ][] = [
    [
      'confirmed, leaves the new one',
      (tokens, id) => tokens.confirmRotation(id, admin),
      'rotated_out',
      'valid',
    ],
    ['aborted, leaves the old one', (tokens, id) => tokens.abortRotation(id, admin), 'valid', 'rotated_out'],
  ];
  for (const [title, end, old, next] of ends) {
    test(title, async () => {
      const { tokens } = await clocked();
      const { token, id, record } = await createToken(tokens);
      const rotation = await rotated(tokens, id);
      assert.deepEqual(await end(tokens, id), { ...record, revision: 3 });
      assert.deepEqual(await codes(tokens, token, rotation.next), [old, next]);
      assert.equal((await tokens.verify(rotation.next)).token?.successor, undefined);
      await assert.rejects(end(tokens, id), { code: 'conflict' });
      // The next rotation can begin.
      assert.ok((await rotated(tokens, id)).next);
    });
  }

  test('ends at the end of its grace, without a write', async () => {
    const { tokens, clock } = await clocked();
    const { token, id } = await createToken(tokens);
    const { next } = await rotated(tokens, id, { grace: '1h' });
    clock.now += HOUR - 1;
    assert.deepEqual(await codes(tokens, token, next), ['valid', 'valid']);
    clock.now += 1;
    assert.deepEqual(await codes(tokens, token, next), ['rotated_out', 'valid']);
    assert.equal((await tokens.verify(next)).token?.successor, undefined);
    await assert.rejects(tokens.abortRotation(id, admin), { code: 'conflict' });
    // It ended without a confirmation: the next rotation begins from the new secret.
    const { next: third } = await rotated(tokens, id, { grace: '1h' });
    assert.deepEqual(await codes(tokens, token, next, third), ['rotated_out', 'valid', 'valid']);
  });

  test('without a grace replaces the secret at once', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const { next, record } = await rotated(tokens, id, { grace: 0 });
    assert.equal(record.rotation, undefined);
    assert.deepEqual(await codes(tokens, token, next), ['rotated_out', 'valid']);
  });

  test('records the last three secrets that were rotated out', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const all = [token];
    for (let turn = 0; turn < 4; turn++) all.push((await rotated(tokens, id, { grace: 0 })).next);
    assert.deepEqual(await codes(tokens, ...all), [
      'bad_secret',
      'rotated_out',
      'rotated_out',
      'rotated_out',
      'valid',
    ]);
  });

  test('uses the grace of the kind, if there is one', async () => {
    const kinds = {
      quick: { title: 'Quick', rotation: { grace: '1h', longestGrace: '2h' } },
      fixed: { title: 'Fixed', actions: ['disable', 'revoke', 'delete'] },
    };
    const { tokens } = await clocked(kinds);
    const quick = await createToken(tokens, { kind: 'quick' });
    const fixed = await createToken(tokens, { kind: 'fixed' });
    for (const grace of ['3h', '-1h', 'soon', -1, null]) {
      const options = { grace } as never;
      await assert.rejects(tokens.rotate(quick.id, options, admin), { code: 'invalid_input', path: 'grace' });
    }
    const { record } = await rotated(tokens, quick.id);
    assert.equal(record.rotation?.graceEndsAt, START + HOUR);
    await assert.rejects(tokens.rotate(fixed.id, {}, admin), { code: 'forbidden' });
  });

  test('is refused for other actors, for a revoked token, and during another rotation', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    await assert.rejects(tokens.rotate(id, {}, stranger), { code: 'not_found' });
    const { next, record } = await rotated(tokens, id);
    const ends = new Date(record.rotation?.graceEndsAt as number).toISOString().replace('.000', '');
    const message = `a rotation is under way until ${ends}; confirm or abort it first`;
    await assert.rejects(tokens.rotate(id, {}, admin), { code: 'conflict', message });
    await assert.rejects(tokens.confirmRotation(id, stranger), { code: 'not_found' });
    await assert.rejects(tokens.abortRotation(id, stranger), { code: 'not_found' });
    assert.deepEqual(await codes(tokens, token, next), ['valid', 'valid']);
    await tokens.revoke(id, {}, admin);
    assert.deepEqual(await codes(tokens, token, next), ['revoked', 'revoked']);
    await assert.rejects(tokens.rotate(id, {}, admin), { code: 'terminal' });
  });

  test('by two concurrent calls leaves exactly one successor (P5)', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const settled = await Promise.allSettled([1, 2, 3].map(() => tokens.rotate(id, {}, admin)));
    const won = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.token] : []));
    const lost = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    assert.deepEqual(lost, ['conflict', 'conflict']);
    assert.deepEqual(await codes(tokens, token, String(won)), ['valid', 'valid']);
  });
});

describe('a rotation whose answer is lost', () => {
  test('between store and core: the outcome is found, and the secret is returned', async () => {
    const inner = memoryStore();
    let lose = false;
    const store = wrapped(inner, {
      commit(writes) {
        const applied = inner.commit(writes);
        if (!lose) return applied;
        lose = false;
        throw new Error('answer lost');
      },
    });
    const tokens = await deployment({ store });
    const { token, id } = await createToken(tokens);
    lose = true;
    const { next } = await rotated(tokens, id);
    assert.deepEqual(await codes(tokens, token, next), ['valid', 'valid']);
  });

  test('between core and caller: the idempotency key finds the record, and the old secret still works', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const options = { idempotencyKey: 'turn-1', grace: '1h' } as const;
    const { next, record } = await rotated(tokens, id, options);
    assert.deepEqual(await tokens.rotate(id, options, admin), { token: null, record });
    await assert.rejects(tokens.rotate(id, { ...options, grace: '2h' }, admin), { code: 'conflict' });
    assert.deepEqual(await codes(tokens, token, next), ['valid', 'valid']);
  });
});

describe('a rotation to a secret that the client made', () => {
  test('never shows it to the server, and the same digest again is the same rotation', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const minted = (await deployment()).mint({ id });
    assert.equal(minted.id, id);
    const first = await tokens.rotate(id, { digest: minted.digest, scheme: minted.scheme }, admin);
    assert.equal(first.token, null);
    assert.deepEqual(await tokens.rotate(id, { digest: minted.digest, scheme: minted.scheme }, admin), first);
    assert.deepEqual(await codes(tokens, token, minted.token), ['valid', 'valid']);
    await tokens.confirmRotation(id, admin);
    assert.deepEqual(await codes(tokens, token, minted.token), ['rotated_out', 'valid']);
    await assert.rejects(tokens.rotate(id, { digest: 'x', scheme: minted.scheme }, admin), {
      code: 'invalid_input',
      path: 'digest',
    });
    for (const wrong of ['', 'x', minted.token]) {
      assert.throws(
        () => tokens.mint({ id: wrong }),
        ({ code, message }) => {
          assert.equal(code, 'invalid_input');
          return !message.includes(minted.token);
        },
      );
    }
  });
});

describe('a flush after a rotation', () => {
  test('ends the old secret at the first use of the new one, if requested', async () => {
    for (const [options, after] of [
      [{ endOldAtFirstUse: true }, 'rotated_out'],
      [{}, 'valid'],
    ] as const) {
      const { tokens } = await clocked();
      const { token, id } = await createToken(tokens);
      const { next } = await rotated(tokens, id, options);
      assert.deepEqual(await codes(tokens, token), ['valid']);
      await tokens.flush();
      assert.ok((await tokens.get(id, admin)).rotation, 'the use of the old one ends nothing');
      assert.deepEqual(await codes(tokens, next, token), ['valid', 'valid']);
      await tokens.flush();
      assert.deepEqual(await codes(tokens, next, token), ['valid', after]);
      assert.equal((await tokens.get(id, admin)).rotation === undefined, after === 'rotated_out');
    }
  });

  test('ends only the rotation whose new secret was used', async () => {
    const { tokens } = await clocked();
    const { token, id } = await createToken(tokens);
    const first = await rotated(tokens, id, { endOldAtFirstUse: true });
    assert.deepEqual(await codes(tokens, first.next), ['valid']);
    await tokens.abortRotation(id, admin);
    const second = await rotated(tokens, id, { endOldAtFirstUse: true });
    await tokens.flush();
    assert.deepEqual(await codes(tokens, token), ['valid'], 'nobody has used the second secret');
    assert.deepEqual(await codes(tokens, second.next), ['valid']);
    await tokens.flush();
    assert.deepEqual(await codes(tokens, token), ['rotated_out']);
  });

  const policies = { alert: 'active', disable: 'disabled', revoke: 'revoked' } as const;
  for (const [reuse, status] of Object.entries(policies)) {
    test(`with the policy ${reuse}, the use of a rotated-out secret leaves the token ${status}`, async () => {
      const { tokens } = await clocked({ watched: { title: 'Watched', rotation: { reuse } } });
      const { token, id } = await createToken(tokens, { kind: 'watched' });
      const { next } = await rotated(tokens, id, { grace: 0 });
      const verdict = await tokens.verify(token);
      assert.deepEqual([verdict.code, verdict.status, verdict.error], ['rotated_out', 401, 'invalid_token']);
      assert.equal(verdict.token?.id, id);
      assert.deepEqual(await codes(tokens, next), ['valid']);
      await tokens.flush();
      assert.equal((await tokens.get(id, admin)).status, status);
      assert.deepEqual(await codes(tokens, next), [status === 'active' ? 'valid' : status]);
    });
  }

  test('is of an exchange with a rotated-out secret too', async () => {
    const { tokens } = await clocked({ watched: { title: 'Watched', rotation: { reuse: 'revoke' } } });
    const { token, id } = await createToken(tokens, { kind: 'watched' });
    const { next } = await rotated(tokens, id, { grace: 0 });
    await assert.rejects(tokens.exchange(token, {}), { code: 'invalid_token', message: /rotated_out/ });
    await tokens.flush();
    assert.deepEqual(await codes(tokens, next), ['revoked']);
  });

  test('is nothing of an exchange that is refused for another reason', async () => {
    const { tokens } = await clocked({ watched: { title: 'Watched', rotation: { reuse: 'revoke' } } });
    const { token, id } = await createToken(tokens, { kind: 'watched', conditions: { ips: ['10.0.0.0/8'] } });
    await assert.rejects(tokens.exchange(token, {}), { code: 'invalid_token', message: /condition_failed/ });
    assert.equal((await tokens.flush()).flushed, 0);
    assert.equal((await tokens.get(id, admin)).uses, undefined);
  });
});
