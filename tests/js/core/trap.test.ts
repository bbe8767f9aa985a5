import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError, type Tokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX } from '../support/deployment.js';
import { instanceInUse, type Method, trapNext } from '../support/wasm-glue.js';
import { wrapped } from '../support/wrapped-store.js';

/** Numbers below a bound, the same in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * The code of a verdict, once no trap is left. A trap while the change feed is read refuses like a
 * failing store.
 */
async function answered(tokens: Tokens, token: string): Promise<string> {
  for (let left = 10; ; left--) {
    try {
      const { code } = await tokens.verify(token, 'messages:send');
      if (code !== 'store_unavailable') return code;
    } catch (error) {
      if ((error as LeastkeyError).code !== 'internal') throw error;
    }
    assert.ok(left > 0, 'it never recovers');
  }
}

describe('after a trap', () => {
  test('the call fails as internal, and a fresh instance serves the next one', async () => {
    const tokens = await deployment();
    for (const method of ['plan', 'begin'] as const) {
      const { token, id } = await createToken(tokens, { name: method });
      const module = method === 'plan' ? 'manage' : 'verify';
      const before = instanceInUse(module);
      trapNext(method);
      const call = method === 'plan' ? tokens.get(id, admin) : tokens.verify(token);
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof LeastkeyError);
        assert.equal(error.code, 'internal');
        assert.ok(error.cause instanceof WebAssembly.RuntimeError, String(error.cause));
        return true;
      });
      assert.equal((await tokens.verify(token, 'messages:send')).valid, true);
      assert.equal((await tokens.get(id, admin)).id, id);
      assert.notEqual(instanceInUse(module), before);
    }
  });

  test('in the manage module leaves the token cache', async () => {
    const inner = memoryStore();
    const read: string[] = [];
    const store = wrapped(inner, {
      get(keys) {
        read.push(...keys.filter((key) => !key.startsWith('feed/') && key !== 'meta/deployment'));
        return inner.get(keys);
      },
    });
    const tokens = await deployment({ store, freshness: '1h' });
    const { token } = await createToken(tokens);
    assert.equal((await tokens.verify(token)).valid, true);
    const verify = instanceInUse('verify');
    trapNext('plan');
    // It may have changed something, so the next verification reads the change feed.
    await assert.rejects(tokens.create(input({ name: 'Other' }), admin), { code: 'internal' });
    read.length = 0;
    assert.equal((await tokens.verify(token)).valid, true);
    assert.deepEqual(read, [], 'the token comes from the cache');
    assert.equal(instanceInUse('verify'), verify);
  });

  test('in the verify module leaves the instance of the manage module', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    const manage = instanceInUse('manage');
    trapNext('begin');
    await assert.rejects(tokens.verify(token), { code: 'internal' });
    assert.equal((await tokens.get(id, admin)).id, id);
    assert.equal(instanceInUse('manage'), manage);
  });

  test('every deployment of the process continues, with its own configuration', async () => {
    const one = await deployment({ store: memoryStore(), prefix: 'one' });
    const two = await deployment({ store: memoryStore(), prefix: 'two' });
    const ofOne = await createToken(one);
    const ofTwo = await createToken(two);
    trapNext('begin');
    await assert.rejects(one.verify(ofOne.token), { code: 'internal' });
    assert.equal((await two.verify(ofTwo.token)).valid, true);
    assert.equal((await two.verify(ofOne.token)).code, 'malformed');
    assert.equal((await one.verify(ofOne.token)).valid, true);
    assert.equal((await one.verify(ofTwo.token)).code, 'malformed');
  });

  test('concurrent calls succeed', async () => {
    const tokens = await deployment();
    const creates = Array.from({ length: 20 }, (_, index) =>
      tokens.create(input({ name: `T${index}` }), admin),
    );
    trapNext('plan');
    const outcomes = await Promise.allSettled(creates);
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    assert.equal(failed.length, 1);
    assert.equal((await tokens.list({ owner: 'org:acme' }, admin)).items.length, 19);
  });

  test('an edge verifier continues with a fresh instance, whose cache is empty', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    // The host normalizes the name of this token, so the host can fail in the middle of a
    // verification.
    const { token } = await createToken(tokens, { name: '夜間バッチ' });
    const verifier = await createVerifier({ catalog, store, prefix: PREFIX, freshness: '1h' });
    const { normalize } = String.prototype;
    const failing = async () => {
      String.prototype.normalize = () => {
        throw new Error('no');
      };
      try {
        await verifier.verify(token);
      } finally {
        String.prototype.normalize = normalize;
      }
    };
    await assert.rejects(failing, { code: 'internal' });
    assert.equal((await verifier.verify(token, 'messages:send')).token?.name, '夜間バッチ');
    assert.equal(verifier.verifySync(token, 'branch:read')?.code, 'insufficient_permission');
  });

  test('only the calls that trapped fail, and every later answer is right', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store, freshness: '1h' });
    const plain = await deployment({ store });
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) => createToken(tokens, { name: `T${index}` })),
    );
    const chance = randomOf(7);
    const methods: Method[] = ['plan', 'begin', 'decide', 'lookup_packed', 'lookup', 'apply_feed'];
    const acts = [
      (id: string) => tokens.disable(id, admin),
      (id: string) => tokens.enable(id, admin),
      (id: string) => tokens.rotate(id, { grace: '1h' }, admin),
      (id: string) => tokens.abortRotation(id, admin),
    ];
    let trapped = 0;
    for (let turn = 0; turn < 40; turn++) {
      // One token is revoked at times, and stays revoked.
      const ends = turn % 10 === 9 ? [tokens.revoke(made[turn % 12]?.id as string, {}, admin)] : [];
      const calls = Array.from({ length: 30 }, (_, index) => {
        if (index % 10 === 0) trapNext(methods[chance(methods.length)] as Method);
        const { token, id } = made[chance(made.length)] as (typeof made)[number];
        if (chance(4) === 0) return (acts[chance(acts.length)] as (typeof acts)[number])(id);
        return tokens.verify(token, 'messages:send');
      });
      for (const outcome of await Promise.allSettled([...ends, ...calls])) {
        if (outcome.status === 'fulfilled') continue;
        const { code } = outcome.reason as LeastkeyError;
        assert.ok(['internal', 'conflict', 'terminal'].includes(code), String(outcome.reason));
        if (code === 'internal') trapped += 1;
      }
      for (const { token } of made) {
        const [remembered, read] = [await answered(tokens, token), await answered(plain, token)];
        assert.equal(remembered, read, `turn ${turn}`);
      }
    }
    assert.ok(trapped > 20, `only ${trapped} calls trapped`);
  });

  test('a thousand traps in a row', async () => {
    const tokens = await deployment();
    const { token } = await createToken(tokens);
    for (let turn = 0; turn < 1_000; turn++) {
      trapNext('begin');
      await assert.rejects(tokens.verify(token), { code: 'internal' });
    }
    assert.equal((await tokens.verify(token)).valid, true);
  });
});
