import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX } from './support/deployment.js';
import { instanceInUse, trapNext } from './support/glue.js';

describe('after a trap', () => {
  test('the call fails as internal, and a fresh instance serves the next one', async () => {
    const tokens = await deployment();
    const { token, id } = await createToken(tokens);
    for (const method of ['plan', 'verify'] as const) {
      const before = instanceInUse();
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
      assert.notEqual(instanceInUse(), before);
    }
  });

  test('every deployment of the process goes on, with its own configuration', async () => {
    const one = await deployment({ store: memoryStore(), prefix: 'one' });
    const two = await deployment({ store: memoryStore(), prefix: 'two' });
    const ofOne = await createToken(one);
    const ofTwo = await createToken(two);
    trapNext('verify');
    await assert.rejects(one.verify(ofOne.token), { code: 'internal' });
    assert.equal((await two.verify(ofTwo.token)).valid, true);
    assert.equal((await two.verify(ofOne.token)).code, 'malformed');
    assert.equal((await one.verify(ofOne.token)).valid, true);
    assert.equal((await one.verify(ofTwo.token)).code, 'malformed');
  });

  test('calls that are under way at that moment end well', async () => {
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

  test('a verifier of an edge goes on with a fresh instance, which remembers nothing', async () => {
    const store = memoryStore();
    const tokens = await deployment({ store });
    // Its name is put in Unicode's normal form by the host, so the host can fail in the middle of a verification.
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

  test('a thousand traps in a row', async () => {
    const tokens = await deployment();
    const { token } = await createToken(tokens);
    for (let turn = 0; turn < 1_000; turn++) {
      trapNext('verify');
      await assert.rejects(tokens.verify(token), { code: 'internal' });
    }
    assert.equal((await tokens.verify(token)).valid, true);
  });
});
