/**
 * Rechecks: a cached refusal is confirmed by a read, tokens do not take each other's budget, and no
 * use is lost.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { KeyRow, Store, Tokens, TokensOptions } from 'leastkey';
import { createGuard, createVerifier, type Verifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { Request as Cuttable, VirtualTime } from '../support/virtual-time.js';

const START = Date.UTC(2026, 10, 23);
const LATENCY = 20;
const MINUTE = 60_000;

/** Verifies within a window: of both packages. */
type Verifying = Pick<Tokens, 'verify' | 'verifySync' | 'verifyMany'> | Verifier;

const makers = {
  tokens: (options: Partial<TokensOptions>) => deployment(options),
  verifier: ({ usage: _, ...options }: Partial<TokensOptions>) =>
    createVerifier({ catalog, prefix: PREFIX, store: memoryStore(), ...options }),
};

/** A managing deployment on a slow store whose reads are recorded, in virtual time. */
async function world() {
  const time = new VirtualTime();
  const now = () => START + time.now;
  const inner = memoryStore({ now });
  const reads: string[][] = [];
  const slow = time.slow(inner, LATENCY);
  /** Whether the store fails each read. */
  const outage = { isOn: false };
  const store: Store = {
    ...slow,
    async get(keys) {
      reads.push(keys);
      const values = await slow.get(keys);
      if (outage.isOn) throw new Error('the store is down');
      return values;
    },
  };
  const there = await deployment({ store: inner, now });
  /**
   * The number of loads of a token, by the first read of each: it is of the store's description
   * too.
   */
  const looksAt = (id: string) =>
    reads.filter((keys) => keys.includes(`token/${id}`) && keys.includes('meta/deployment')).length;
  const options = { store, now, freshness: '5s' as const };
  return { time, now, inner, there, reads, outage, looksAt, options };
}

const code = async (it: Verifying, token: string, ...more: []) => (await it.verify(token, ...more)).code;

function tally(codes: readonly string[]) {
  const counts: Record<string, number> = {};
  for (const one of codes) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}

const all = async (it: Verifying, tokens: readonly string[]) =>
  tally(await Promise.all(tokens.map((token) => code(it, token))));

async function makeIdle(there: Tokens, many: number) {
  const made = await Promise.all(
    Array.from({ length: many }, (_, at) => createToken(there, { name: `T${at}`, idleAfter: '1h' })),
  );
  return made.map(({ token }) => token);
}

describe('a token in use is never refused as idle', () => {
  test('in bursts of 400, with uses flushed by the instance that recorded them', async () => {
    const { time, there, options } = await world();
    const idle = await makeIdle(there, 400);
    const here = await deployment(options);
    const verifier = await createVerifier({ catalog, prefix: PREFIX, ...options });
    await time.run(async () => {
      for (let burst = 0; burst < 6; burst++) {
        assert.deepEqual(await all(verifier, idle), { valid: 400 }, `the verifier, burst ${burst}`);
        assert.deepEqual(await all(here, idle), { valid: 400 }, `burst ${burst}`);
        assert.equal((await here.flush()).flushed, 400);
        await time.pause(50 * MINUTE);
      }
      await time.pause(11 * MINUTE);
      assert.deepEqual(await all(here, idle), { idle_expired: 400 });
    });
  });

  for (const [maker, make] of Object.entries(makers))
    test(`beside any load of unknown ids and refused tokens, by ${maker}`, async () => {
      const { time, there, options, looksAt } = await world();
      const idle = await makeIdle(there, 150);
      const { token: disabled, id } = await createToken(there, { name: 'Disabled' });
      await there.disable(id, admin);
      const here = await make(options);
      const madeUp = there.mint();
      await time.run(async () => {
        await all(here, [...idle, disabled]);
        await time.pause(50 * MINUTE);
        for (const token of idle) await there.verify(token);
        await there.flush();
        await time.pause(50 * MINUTE);
        // Read again, so that all of it is of this second.
        await all(here, [disabled, madeUp.token]);
        const flood = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? madeUp.token : disabled));
        assert.deepEqual(await all(here, flood), { unknown: 500, disabled: 500 });
        assert.deepEqual(await all(here, flood), { unknown: 500, disabled: 500 });
        assert.deepEqual(await all(here, idle), { valid: 150 });
      });
      assert.equal(looksAt(madeUp.id), 2);
    });

  test('and uses in this instance count at once, before they are flushed, also those of its sessions', async () => {
    for (const capacity of [10_000, 1]) {
      const { time, there, options } = await world();
      const { token } = await createToken(there, { idleAfter: '1h' });
      const sessions = await Promise.all([1, 2].map(() => there.exchange(token, { expiresIn: '1d' })));
      const [first, second] = sessions.map((session) => session.token as string) as [string, string];
      const here = await deployment({ ...options, capacity });
      await time.run(async () => {
        for (const used of [token, first, token, second, first]) {
          assert.equal(
            await code(here, used),
            'valid',
            `capacity ${capacity}, after ${time.now / MINUTE} min`,
          );
          await time.pause(50 * MINUTE);
        }
        assert.deepEqual(await all(here, [token, first, second]), { valid: 3 });
        await time.pause(61 * MINUTE);
        assert.deepEqual(await all(here, [token, first, second]), { idle_expired: 3 });
        await here.flush();
        assert.deepEqual(await all(here, [token, first, second]), { idle_expired: 3 });
      });
    }
  });

  test('with every call: without a window, and by many concurrent ones of which few are cached', async () => {
    for (const freshness of [0, '5s'] as const) {
      const { time, there, options } = await world();
      const idle = await makeIdle(there, 20);
      const here = await deployment({ ...options, freshness, capacity: 5 });
      const codes = async () => {
        const verdicts = await here.verifyMany(idle.map((credential) => ({ credential })));
        return tally(verdicts.map((verdict) => verdict.code));
      };
      await time.run(async () => {
        for (let turn = 0; turn < 5; turn++) {
          assert.deepEqual(await codes(), { valid: 20 }, `freshness ${freshness}, turn ${turn}`);
          await time.pause(50 * MINUTE);
        }
        await time.pause(11 * MINUTE);
        assert.deepEqual(await codes(), { idle_expired: 20 });
      });
    }
  });

  test('in a window that is longer than its idle time', async () => {
    const { time, there, options } = await world();
    const { token } = await createToken(there, { idleAfter: '1h' });
    const here = await deployment({ ...options, freshness: '2h' });
    await time.run(async () => {
      for (let use = 0; use < 40; use++) {
        assert.equal(await code(here, token), 'valid', `after ${time.now / MINUTE} min`);
        if (use % 5 === 4) await here.flush();
        await time.pause(10 * MINUTE);
      }
      assert.equal((await there.get(token.slice(PREFIX.length + 2, PREFIX.length + 18), admin)).uses, 40);
    });
  });

  test('by a verification that is not a use either', async () => {
    const { time, there, options } = await world();
    const { token } = await createToken(there, { idleAfter: '1h' });
    const here = await deployment(options);
    await time.run(async () => {
      assert.equal(await code(here, token), 'valid');
      await time.pause(40 * MINUTE);
      assert.equal((await here.verify(token, undefined, { use: false })).code, 'valid');
      await time.pause(40 * MINUTE);
      assert.equal(await code(here, token), 'idle_expired');
    });
  });
});

describe('a wrong secret of an existing token', () => {
  for (const [maker, make] of Object.entries(makers))
    for (const remembered of [false, true])
      test(`costs one recheck a second, ${remembered ? 'cached' : 'never presented rightly'}, by ${maker}`, async () => {
        const { time, there, options, looksAt } = await world();
        const { token, id } = await createToken(there);
        const wrong = Array.from({ length: 300 }, () => there.mint({ id }).token);
        const here = await make(options);
        await time.run(async () => {
          if (remembered) assert.equal(await code(here, token), 'valid');
          const before = looksAt(id);
          assert.deepEqual(await all(here, wrong), { bad_secret: 300 });
          for (const one of wrong) {
            const verdict = await here.verify(one, 'messages:send');
            assert.deepEqual([verdict.code, verdict.token], ['bad_secret', undefined]);
          }
          const looks = looksAt(id) - before;
          assert.ok(looks >= 1 && looks <= 2, `${looks} looks within a second`);
          // A client with the right secret is not affected and does not wait.
          if (remembered) assert.equal(here.verifySync(token)?.token?.id, id);
          assert.equal(await code(here, token), 'valid');
          assert.equal(here.verifySync(token)?.token?.id, id);
          for (let second = 0; second < 10; second++) {
            await time.pause(1_000);
            const looks = looksAt(id);
            await all(here, wrong.slice(0, 50));
            for (const one of wrong.slice(0, 50)) assert.equal(await code(here, one), 'bad_secret');
            assert.equal(looksAt(id) - looks, 1);
            assert.equal(here.verifySync(token)?.token?.id, id);
          }
        });
      });

  for (const [maker, make] of Object.entries(makers))
    test(`delays no new secret by more than a second, by ${maker}`, async () => {
      const { time, there, options } = await world();
      const { token, id } = await createToken(there);
      const wrong = Array.from({ length: 20 }, () => there.mint({ id }).token);
      const here = await make(options);
      await time.run(async () => {
        assert.equal(await code(here, token), 'valid');
        await all(here, wrong);
        const rotated = (await there.rotate(id, { grace: '1h' }, admin)).token as string;
        const changed = time.now;
        while ((await code(here, rotated)) !== 'valid') {
          await all(here, wrong);
          await time.pause(50);
          assert.ok(time.now - changed <= 1_000 + 3 * LATENCY, 'not within a second');
        }
        assert.equal(await code(here, token), 'valid');
        // Without an attack: at once, also for concurrent calls.
        await there.confirmRotation(id, admin);
        await time.pause(1_000);
        const again = (await there.rotate(id, { grace: 0 }, admin)).token as string;
        assert.deepEqual(await all(here, Array(50).fill(again)), { valid: 50 });
      });
    });

  test('that was rotated out costs as little, and gets the same verdict', async () => {
    const { time, there, options, looksAt } = await world();
    const { token, id } = await createToken(there);
    const { token: current } = await there.rotate(id, { grace: 0 }, admin);
    const here = await deployment(options);
    await time.run(async () => {
      const verdicts = [];
      for (let turn = 0; turn < 300; turn++) verdicts.push(await here.verify(token));
      assert.deepEqual(tally(verdicts.map((verdict) => verdict.code)), { rotated_out: 300 });
      for (const verdict of verdicts) assert.deepEqual(verdict.token, verdicts[0]?.token);
      assert.equal(verdicts[0]?.token?.id, id);
      assert.ok(looksAt(id) <= 2);
      assert.equal(await code(here, current as string), 'valid');
    });
  });

  for (const [maker, make] of Object.entries(makers))
    test(`or an older one costs as little, in any order and during another rotation, by ${maker}`, async () => {
      const { time, there, options, looksAt } = await world();
      const { token: first, id } = await createToken(there);
      const { token: second } = await there.rotate(id, { grace: '1h' }, admin);
      await there.confirmRotation(id, admin);
      const { token: third } = await there.rotate(id, { grace: '1h' }, admin);
      const wrong = there.mint({ id }).token;
      const here = await make(options);
      await time.run(async () => {
        for (const before of [[wrong], [], [wrong, second as string], [third as string, wrong]]) {
          await time.pause(1_000);
          for (const one of before) await here.verify(one);
          await time.pause(1_000);
          const looks = looksAt(id);
          for (let turn = 0; turn < 50; turn++) {
            const [old, ...others] = await Promise.all([first, first, wrong].map((one) => here.verify(one)));
            assert.deepEqual(
              [old?.code, old?.token?.id, old?.token?.rotation],
              ['rotated_out', id, undefined],
            );
            assert.deepEqual(
              others.map((verdict) => verdict.code),
              ['rotated_out', 'bad_secret'],
            );
          }
          assert.ok(looksAt(id) - looks <= 2, `${looksAt(id) - looks} looks`);
          // Verdicts for valid secrets are complete, whatever was withheld before.
          for (const [one, successor] of [
            [second, undefined],
            [third, true],
          ] as const) {
            const { code, token } = await here.verify(one as string);
            assert.deepEqual(
              [code, typeof token?.rotation, token?.successor],
              ['valid', 'number', successor],
            );
          }
        }
        await time.pause(60 * MINUTE);
        for (const [one, rotation] of [
          [first, 'undefined'],
          [second, 'number'],
          [first, 'undefined'],
        ] as const) {
          const { code, token } = await here.verify(one as string);
          assert.deepEqual([code, typeof token?.rotation], ['rotated_out', rotation]);
        }
      });
    });

  test('that was rotated out gets the same verdict in every window, with the remaining grant', async () => {
    const { time, there, options } = await world();
    const { token, id } = await createToken(there);
    await there.rotate(id, { grace: 0 }, admin);
    const root = { id: 'user:root', roles: { '': 'admin' } };
    const account = {
      id: 'org:acme',
      permissions: { 'org:acme': ['messages:status'] },
    };
    await there.accounts.put(account, root);
    const here = await deployment(options);
    await time.run(async () => {
      for (const freshness of [0, '5s', 0, '5s'] as const) {
        const { code, token: resolved } = await here.verify(token, undefined, { freshness });
        assert.deepEqual(
          [code, resolved?.permissions],
          ['rotated_out', ['messages:status']],
          `freshness ${freshness}`,
        );
      }
    });
  });

  for (const [maker, make] of Object.entries(makers))
    test(`for the id of an imported key costs as little, by ${maker}`, async () => {
      const imported: TokensOptions['imported'] = [{ prefix: 'old_', digestOf: 'whole' }];
      const { time, now, inner, options, looksAt } = await world();
      const there = await deployment({ store: inner, now, imported });
      const digest = createHash('sha256').update('old_one').digest('hex');
      const row = {
        digest,
        encoding: 'hex',
        kind: 'permission-set',
        name: 'Old',
        owner: 'org:acme',
        templates: ['sender'],
      };
      const { outcomes } = await there.importKeys([row] as KeyRow[], admin);
      const id = outcomes[0]?.outcome === 'imported' ? outcomes[0].id : '';
      const { token: next } = await there.rotate(id, { grace: '1h' }, admin);
      const wrong = Array.from({ length: 100 }, () => there.mint({ id }).token);
      const here = await make({ ...options, imported });
      await time.run(async () => {
        for (const one of wrong) assert.equal(await code(here, one), 'bad_secret');
        assert.ok(looksAt(id) <= 2, `${looksAt(id)} looks`);
        for (const one of ['old_one', next as string]) assert.equal(await code(here, one), 'valid');
        await there.revoke(id, {}, admin);
        assert.deepEqual(await all(here, ['old_one', next as string]), { revoked: 2 });
      });
    });

  test('is refused from the cache if it would be counted, too', async () => {
    const { time, there, options, looksAt } = await world();
    const { id } = await createToken(there, { limits: { credits: { amount: 100 } } });
    const here = await deployment(options);
    const wrong = Array.from({ length: 100 }, () => there.mint({ id }).token);
    await time.run(async () => {
      for (const one of wrong) {
        assert.equal((await here.verify(one, undefined, { consume: 1 })).code, 'bad_secret');
      }
    });
    assert.ok(looksAt(id) <= 2, `${looksAt(id)} looks`);
  });
});

describe('a reversible refusal', () => {
  test('is rechecked once a second for each token, whatever the load of others', async () => {
    const { time, there, options, looksAt } = await world();
    const made = await Promise.all([1, 2, 3].map((at) => createToken(there, { name: `T${at}` })));
    for (const { id } of made) await there.disable(id, admin);
    const here = await deployment(options);
    const flood = made.flatMap(({ token }) => Array<string>(200).fill(token));
    await time.run(async () => {
      assert.deepEqual(await all(here, flood), { disabled: 600 });
      assert.deepEqual(await all(here, flood), { disabled: 600 });
      assert.deepEqual(await all(here, flood), { disabled: 600 });
      for (const { id } of made) assert.equal(looksAt(id), 2);
      await there.enable(made[0]?.id as string, admin);
      await time.pause(1_000);
      assert.deepEqual(await all(here, flood), { valid: 200, disabled: 400 });
    });
  });

  test('is rechecked for verifySync too, which cannot wait', async () => {
    const { time, there, options } = await world();
    const { token, id } = await createToken(there);
    await there.disable(id, admin);
    const here = await deployment(options);
    await time.run(async () => {
      assert.equal(await code(here, token), 'disabled');
      await there.enable(id, admin);
      for (let turn = 0; turn < 3; turn++) assert.equal(here.verifySync(token), undefined);
      assert.equal(await code(here, token), 'valid');
      assert.equal(here.verifySync(token)?.code, 'valid');
    });
  });

  for (const [maker, make] of Object.entries(makers))
    test(`is rechecked once a second for verifySync, which cannot wait, by ${maker}`, async () => {
      const { time, there, options, looksAt } = await world();
      const { token: disabled, id } = await createToken(there);
      const { id: other } = await createToken(there, { name: 'Other' });
      await there.disable(id, admin);
      const asked = [
        [disabled, id, 'disabled'],
        [there.mint({ id: other }).token, other, 'bad_secret'],
      ] as const;
      const here = await make(options);
      await time.run(async () => {
        await here.verify(there.mint().token);
        for (let second = 0; second < 4; second++) {
          for (const [token, id, refused] of asked) {
            const looks = looksAt(id);
            const more = { consume: second % 2 };
            for (let turn = 0; turn < 20; turn++)
              assert.equal(here.verifySync(token, undefined, more), undefined);
            await time.pause(3 * LATENCY);
            for (let turn = 0; turn < 20; turn++) {
              const code = here.verifySync(token)?.code;
              if (code !== undefined) assert.equal(code, refused);
              else await time.pause(LATENCY);
            }
            assert.equal(here.verifySync(token)?.code, refused);
            assert.ok(looksAt(id) - looks <= 2, `${looksAt(id) - looks} looks in second ${second}`);
          }
          await time.pause(1_000);
        }
      });
    });

  test('of unknown ids has a hundred rechecks a second for all of them', async () => {
    const { time, there, options, reads } = await world();
    const here = await deployment(options);
    const ids = Array.from({ length: 300 }, () => there.mint().token);
    await time.run(async () => {
      for (let turn = 0; turn < 5; turn++) assert.deepEqual(await all(here, ids), { unknown: 300 });
      assert.equal(reads.filter((keys) => keys.some((key) => key.startsWith('token/'))).length, 400);
    });
  });
});

describe('counted uses', () => {
  for (const [maker, make] of Object.entries(makers))
    test(`share the first load of their token, and are counted each, by ${maker}`, async () => {
      const { time, there, options, looksAt } = await world();
      const { token, id } = await createToken(there);
      const { token: limited } = await createToken(there, {
        name: 'Limited',
        limits: { credits: { amount: 30 } },
      });
      const here = await make({ ...options, ...(maker === 'verifier' && { limits: 'approximate' }) });
      const used = (one: string) =>
        Promise.all(Array.from({ length: 50 }, () => here.verify(one, undefined, { consume: 1 })));
      await time.run(async () => {
        assert.deepEqual(tally((await used(token)).map((verdict) => verdict.code)), { valid: 50 });
        assert.equal(looksAt(id), 1);
        const codes = tally((await used(limited)).map((verdict) => verdict.code));
        assert.deepEqual(codes, { valid: 30, usage_exceeded: 20 });
      });
    });
});

describe('a store that fails within the window', () => {
  for (const [maker, make] of Object.entries(makers))
    test(`does not matter for the recheck of a refusal, and gets a pause, by ${maker}`, async () => {
      const { time, there, reads, outage, options, looksAt } = await world();
      const { token: disabled, id } = await createToken(there);
      const { token: good, id: goodId } = await createToken(there, { name: 'Good' });
      const { token: old, id: oldId } = await createToken(there, { name: 'Old' });
      await there.disable(id, admin);
      await there.rotate(oldId, { grace: 0 }, admin);
      const refused = {
        disabled,
        bad_secret: there.mint({ id: goodId }).token,
        rotated_out: old,
        unknown: there.mint().token,
      };
      const here = await make(options);
      await time.run(async () => {
        for (const [code, token] of Object.entries(refused))
          assert.equal((await here.verify(token)).code, code);
        const freshFrom = time.now;
        outage.isOn = true;
        await time.pause(1_000);
        reads.length = 0;
        for (let turn = 0; turn < 20; turn++) {
          for (const [code, token] of Object.entries(refused)) {
            const verdicts = await Promise.all([here.verify(token), here.verify(token)]);
            assert.deepEqual(tally(verdicts.map((verdict) => verdict.code)), { [code]: 2 });
            assert.deepEqual((await here.verifyMany([{ credential: token }]))[0]?.code, code);
          }
        }
        assert.ok(time.now - freshFrom < 2_000, `${time.now - freshFrom} ms`);
        // One load each; a read that throws is repeated.
        assert.ok(reads.length <= 4 * 6, `${reads.length} reads`);
        // A token that was never read is not found.
        assert.equal(await code(here, good), 'store_unavailable');
        outage.isOn = false;
        await there.enable(id, admin);
        await time.pause(1_000);
        const looks = looksAt(id);
        assert.equal(await code(here, disabled), 'valid');
        assert.equal(looksAt(id) - looks, 1);
        outage.isOn = true;
        await time.pause(5_000);
        assert.deepEqual(await all(here, Object.values(refused)), { store_unavailable: 4 });
      });
    });

  test('matters if a use of another instance may keep the token alive', async () => {
    const { time, there, outage, options } = await world();
    const { token } = await createToken(there, { idleAfter: '1h' });
    const here = await deployment({ ...options, freshness: '2h' });
    await time.run(async () => {
      assert.equal(await code(here, token), 'valid');
      outage.isOn = true;
      await time.pause(61 * MINUTE);
      for (let turn = 0; turn < 3; turn++) assert.equal(await code(here, token), 'store_unavailable');
      outage.isOn = false;
      assert.equal(await code(here, token), 'idle_expired');
    });
  });
});

describe('tokens that are not cached', () => {
  for (const [maker, make] of Object.entries(makers))
    test(`are read, however many at once, or refused with 503, and never as unknown, by ${maker}`, async () => {
      const { time, there, options } = await world();
      const here = await make(options);
      const { token } = await createToken(there);
      const many = Array.from({ length: 5_000 }, () => there.mint().token);
      await time.run(async () => {
        await code(here, many[0] as string);
        const flood = all(here, many);
        const { response, verdict } = await createGuard(here)(
          new Request('https://api.example', { headers: { Authorization: `Bearer ${token}` } }),
          undefined,
          { authenticateOnly: true },
        );
        assert.equal(verdict.code, 'store_unavailable');
        assert.deepEqual([response?.status, response?.headers.get('Retry-After')], [503, '1']);
        const counts = await flood;
        assert.equal((counts.unknown ?? 0) + (counts.store_unavailable ?? 0), 5_000);
        assert.ok((counts.unknown ?? 0) >= 4_096 && (counts.store_unavailable ?? 0) >= 900);
        assert.equal(await code(here, token), 'valid');
      });
    });

  test('continue after a load was cancelled with its request, and wait for it at most once', async () => {
    const { time, there, options } = await world();
    const here = await deployment({ ...options, deadline: '1s' });
    const [{ token: first }, { token: other }] = await Promise.all([
      createToken(there),
      createToken(there, { name: 'Other' }),
    ]);
    await time.run(async () => {
      await here.verify(other);
      const request = new Cuttable();
      time.as(request, () => void here.verify(first));
      await time.pause(LATENCY / 2 + 1);
      request.isCut = true;
      const began = time.now;
      assert.deepEqual(await all(here, Array(20).fill(first)), { valid: 20 });
      assert.ok(time.now - began <= 1_000 + 3 * LATENCY, `${time.now - began} ms`);
      const again = time.now;
      assert.equal(await code(here, first), 'valid');
      assert.equal(time.now, again);
    });
  });
});

test('with a clock that stands still during a request, a window lasts until the next request', async () => {
  const { time, there, options, reads } = await world();
  const { token, id } = await createToken(there);
  const here = await deployment(options);
  await time.run(async () => {
    assert.equal(await code(here, token), 'valid');
    // The feed, then two reads of the token.
    await time.pause(5_000 - 3 * LATENCY - 1);
    const began = time.now;
    await there.revoke(id, {}, admin);
    for (let turn = 0; turn < 1_000; turn++) assert.equal(here.verifySync(token)?.code, 'valid');
    assert.equal(time.now, began);
    // The next request comes later, and its first verification reads the feed.
    await time.pause(1);
    reads.length = 0;
    assert.equal(await code(here, token), 'revoked');
    assert.equal(reads.filter((keys) => keys.includes('feed/0')).length, 1);
  });
});
