/** A verifier only reads (P15). */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store, Verdict } from 'leastkey';
import { createVerifier, type VerifierOptions } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

/** A deployment, and a verifier on the same store with access to `get` only. */
async function both(changes: Partial<VerifierOptions> = {}) {
  const store = memoryStore();
  const tokens = await deployment({ store });
  const reads: string[][] = [];
  const reader = {
    get(keys: string[]) {
      reads.push(keys);
      return store.get(keys);
    },
  };
  const only = new Proxy(reader, {
    get(target, name) {
      if (name === 'get') return target.get;
      // Members that an options reader may look for, all missing.
      if (name === 'getWithMetadata' || name === 'commit') return undefined;
      throw new Error(`asked for ${String(name)}`);
    },
  });
  const verifier = await createVerifier({ catalog, store: only, prefix: PREFIX, ...changes });
  return { store, tokens, verifier, reads };
}

const withoutTime = ({ asOf, ...rest }: Verdict) => rest;

describe('a verifier', () => {
  test('gives the same verdicts as Tokens, for every state', async () => {
    const { tokens, verifier } = await both();
    const { token, id } = await createToken(tokens);
    const requirements = [
      undefined,
      'messages:send',
      'branch:read',
      { permission: 'messages:send', resource: 'org:x' },
    ];
    const changes = [
      async () => {},
      () => tokens.disable(id, admin),
      () => tokens.enable(id, admin),
      () => tokens.revoke(id, {}, admin),
      () => tokens.delete(id, admin),
    ];
    for (const change of changes) {
      await change();
      for (const requirement of requirements) {
        const one = withoutTime(await verifier.verify(token, requirement as never));
        assert.deepEqual(one, withoutTime(await tokens.verify(token, requirement as never)));
      }
    }
    assert.deepEqual(verifier.match('GET', '/nowhere'), tokens.match('GET', '/nowhere'));
  });

  test('calls only get of a full store', async () => {
    const { store, reader } = wholeStore();
    const tokens = await deployment({ store });
    const { token } = await createToken(tokens);
    const verifier = await createVerifier({ catalog, store: reader, prefix: PREFIX });
    assert.equal((await verifier.verify(token)).code, 'valid');
    assert.equal((await verifier.guard(asking(token), 'messages:send')).verdict.code, 'valid');
  });

  test('counts only approximate limits, because it cannot write', async () => {
    const { store, reader } = wholeStore();
    const tokens = await deployment({ store });
    const { token } = await createToken(tokens, { limits: { requests: { limit: 2, per: '1m' } } });
    const options = { catalog, store: reader, prefix: PREFIX };
    await assert.rejects(createVerifier({ ...options, limits: 'exact' }), { path: 'limits' });
    const local = await createVerifier({ ...options, limits: 'approximate' });
    const codes = [];
    for (let use = 0; use < 3; use++) codes.push((await local.verify(token, undefined, { consume: 1 })).code);
    assert.deepEqual(codes, ['valid', 'valid', 'rate_limited']);
    const { response } = await local.guard(asking(token), 'messages:send', { consume: 1 });
    assert.equal(response?.status, 429);
    assert.match(response.headers.get('retry-after') ?? '', /^[1-9][0-9]?$/);
  });

  test('refuses a store that cannot be read, and Workers KV with the reason', async () => {
    const kv = { get() {}, put() {}, list() {}, delete() {}, getWithMetadata() {} };
    for (const make of [
      () => createVerifier({ catalog, store: kv as never, prefix: PREFIX }),
      () => deployment({ store: kv as never }),
    ]) {
      await assert.rejects(make(), {
        code: 'invalid_input',
        path: 'store',
        message: /Workers KV cannot be one: its reads may be a minute .* D1/,
      });
    }
    for (const store of [undefined, null, {}, { get: 'x' }]) {
      await assert.rejects(createVerifier({ catalog, store: store as never, prefix: PREFIX }), {
        code: 'invalid_input',
        message: /expected an object with get; get is no function/,
      });
    }
  });

  test('refuses an option that only management has', async () => {
    for (const name of ['entropy', 'usage', 'stor']) {
      const options = { catalog, store: memoryStore(), prefix: PREFIX, [name]: undefined };
      await assert.rejects(createVerifier(options as never), { code: 'invalid_input', path: name });
    }
    await assert.rejects(createVerifier({ catalog, store: memoryStore(), prefix: PREFIX, realm: '"' }), {
      path: 'realm',
    });
  });
});

describe('many verifications at once', () => {
  test('have the verdicts of single ones, in order, with the reads of one', async () => {
    const { tokens, verifier, reads } = await both();
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, index) => createToken(tokens, { name: `T${index}` })),
    );
    for (const [index, { id }] of made.entries()) if (index % 3 === 0) await tokens.revoke(id, {}, admin);
    const asked = made.flatMap(({ token }) => [
      { credential: token, requirement: 'messages:send' as const },
      { credential: new Headers({ authorization: `Bearer ${token}` }), requirement: 'branch:read' as const },
      { credential: 'x' },
      { credential: null },
    ]);
    await verifier.verify(made[1]?.token);
    const readsOfOne = reads.splice(0).length;
    const verdicts = (await verifier.verifyMany(asked)).map(withoutTime);
    assert.equal(reads.length, readsOfOne);
    assert.equal(new Set(reads[0]).size, reads[0]?.length, 'no key twice');
    const one = [];
    for (const { credential, requirement } of asked)
      one.push(withoutTime(await verifier.verify(credential, requirement)));
    assert.deepEqual(verdicts, one);
    assert.deepEqual((await tokens.verifyMany(asked)).map(withoutTime), one);
  });

  test('are all refused when the read fails or returns nonsense', async () => {
    const { tokens, store } = await both();
    const { token } = await createToken(tokens);
    const lies: ((keys: string[]) => unknown)[] = [
      () => Promise.reject(new Error('down')),
      () => null,
      () => [],
      (keys) => [...store.get(keys), null],
      (keys) => keys.map(() => 1),
      () => new Promise(() => {}),
    ];
    for (const get of lies) {
      const verifier = await createVerifier({
        catalog,
        store: { get } as never,
        prefix: PREFIX,
        deadline: '40ms',
      });
      const verdicts = await verifier.verifyMany([
        { credential: token },
        { credential: token },
        { credential: 'x' },
      ]);
      assert.deepEqual(
        verdicts.map(({ code }) => code),
        ['store_unavailable', 'store_unavailable', 'malformed'],
      );
    }
  });

  test('are bounded, and an error in one is reported', async () => {
    const { verifier } = await both();
    assert.deepEqual(await verifier.verifyMany([]), []);
    const many = Array.from({ length: 1_001 }, () => ({ credential: 'x' }));
    for (const wrong of [many, 'x', undefined, { length: 1 }]) {
      await assert.rejects(verifier.verifyMany(wrong as never), {
        code: 'invalid_input',
        path: 'verifications',
      });
    }
    await assert.rejects(verifier.verifyMany([{ credential: 'x', requirment: 'messages:send' } as never]), {
      message: /unknown option "requirment" of verify/,
    });
    await assert.rejects(verifier.verifyMany([{ credential: 'x', requirement: 'messages:sned' as never }]), {
      code: 'invalid_input',
    });
    const reason = new Error('enough');
    const aborted = verifier.verifyMany([{ credential: 'x' }], { signal: AbortSignal.abort(reason) });
    await assert.rejects(aborted, (error) => error === reason);
  });
});

/** A store in memory, and the same store with every call but `get` failing. */
function wholeStore(): { store: Store; reader: Store } {
  const store = memoryStore();
  const fails = () => {
    throw new Error('a verifier did more than get');
  };
  return { store, reader: wrapped(store, { list: fails, commit: fails }) };
}

function asking(token: string): Request {
  return new Request('http://127.0.0.1/', { headers: { authorization: `Bearer ${token}` } });
}
