/** The vectors of tests/vectors, through jco. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configure, planned, resolved, VectorStore, verified } from './support/answer-vectors.mjs';
import { instantiate, vectors } from './support/components.mjs';

const { deployments } = vectors('deployments');
const verifier = await instantiate('verifier');
const manager = await instantiate('manager');

describe('the verifier', () => {
  for (const file of ['requirements', 'verdicts']) {
    test(file, () => {
      const { cases, stores } = vectors(file);
      let excluded = 0;
      for (const one of cases) {
        configure(verifier, deployments[one.deployment]);
        const steps = verified(verifier.verification, new VectorStore(stores[one.store]), one);
        const name = `${one.deployment}: ${one.name}`;
        const last = one.steps.at(-1);
        if (steps === undefined) {
          // The types of the component exclude it.
          excluded += 1;
          assert.ok(last.refuse, name);
        } else if (last.refuse) assert.equal(steps.at(-1).refuse?.code, last.refuse.code, name);
        else assert.deepEqual(steps, one.steps, name);
      }
      assert.ok(excluded < cases.length / 4, `${excluded} of ${cases.length}`);
    });
  }

  test('digests', () => {
    for (const { name, deployment, text, id, keys, code } of vectors('digests').cases) {
      configure(verifier, deployments[deployment]);
      const one = { credential: text, question: {}, now: 0 };
      const [first] = verified(verifier.verification, new VectorStore([]), one);
      if (code !== undefined) {
        assert.equal(first.answer?.code, code, name);
        continue;
      }
      // The digest of a credential is not told: `credentials` and the records of `plans` have it.
      const read = id === null ? keys : [`token/${id}`];
      for (const key of read) assert.ok(first.need?.keys.includes(key), `${name}: ${key}`);
    }
  });

  test('a changed byte of a store changes an answer', () => {
    const { cases, stores } = vectors('verdicts');
    const changed = cases.filter((one) => {
      configure(verifier, deployments[one.deployment]);
      const entries = stores[one.store].map(([key, value]) => [
        key,
        value.replace('"status":"active"', '"status":"actuve"'),
      ]);
      const steps = verified(verifier.verification, new VectorStore(entries), one);
      return JSON.stringify(steps?.at(-1)) !== JSON.stringify(one.steps.at(-1));
    });
    assert.ok(changed.length > cases.length / 3, `${changed.length} of ${cases.length}`);
  });
});

describe('the manager', () => {
  for (const file of ['records', 'audit']) {
    test(file, () => {
      const { cases, stores } = vectors(file);
      for (const one of cases) {
        configure(manager, deployments[one.deployment]);
        const changed = new Map([...stores[one.store], ...Object.entries(one.with)]);
        const store = new VectorStore([...changed].filter(([, value]) => value !== null));
        const { steps } = planned(manager.management, store, one);
        assert.deepEqual(steps, one.steps, `${one.deployment}: ${one.name}`);
      }
    });
  }

  test('plans', () => {
    const { cases, stores } = vectors('plans');
    for (const { name, deployment, store: of, calls, after } of cases) {
      configure(manager, deployments[deployment]);
      const store = new VectorStore(stores[of]);
      for (const one of calls) {
        const { steps, credential } = planned(manager.management, store, one);
        assert.deepEqual(steps, one.steps, `${name}: ${one.name}`);
        assert.equal(credential, one.credential ?? null, `${name}: ${one.name}`);
      }
      assert.deepEqual(store.entries(), after, name);
    }
  });

  test('numbers', () => {
    const calls = vectors('plans').cases.filter(({ deployment }) => deployment === 'main');
    const created = calls
      .flatMap((one) => one.calls)
      .find(({ call, steps }) => call?.op === 'create' && steps.at(-1).commit !== undefined);
    for (const [bits, text] of vectors('numbers').numbers) {
      const n = Buffer.from(bits, 'hex').readDoubleBE();
      const call = { ...created.call, input: { ...created.call.input, metadata: { n } } };
      configure(manager, deployments.main);
      const { steps } = planned(manager.management, new VectorStore([]), { ...created, call });
      const stored = steps.at(-1).commit.writes.map(({ value }) => value);
      const isWritten = stored.some((value) => value?.includes(`"metadata":{"n":${text}}`));
      assert.ok(isWritten, `${text}: ${stored}`);
    }
  });

  test('selections', () => {
    for (const { name, deployment, selection, preview, refuse } of vectors('selections').cases) {
      configure(manager, deployments[deployment]);
      const got = resolved(manager.management, selection);
      assert.deepEqual(got, preview ? { preview } : { refuse }, name);
    }
  });

  test('credentials', () => {
    const catalog = deployments.main.catalog;
    for (const { prefix, now, entropy, credential, id, digest } of vectors('credentials').minted) {
      configure(manager, { config: { prefix }, catalog });
      const bytes = Uint8Array.from([...entropy, ...Array(64 - entropy.length).fill(0)]);
      const minted = manager.management.mint(BigInt(now), undefined, bytes);
      assert.deepEqual({ ...minted, scheme: undefined }, { id, digest, credential, scheme: undefined });
    }
    for (const { prefix, text, code } of vectors('credentials').refused) {
      configure(verifier, { config: { prefix }, catalog });
      const steps = verified(verifier.verification, new VectorStore([]), {
        credential: text,
        question: {},
        now: 0,
      });
      assert.equal(steps.at(-1).answer.code, code, text);
    }
  });
});
