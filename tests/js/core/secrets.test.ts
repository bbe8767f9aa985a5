import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { LeastkeyError, type Store } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX, stranger } from '../support/deployment.js';
import { isInMemory } from '../support/module-memories.js';
import { wrapped } from '../support/wrapped-store.js';

const RECORD_KEY = 'c0ffee'.repeat(11);

/** The secret part of a credential (all but prefix, version and id), and pieces of it. */
function secretsOf(token: string): string[] {
  const body = token.slice(PREFIX.length + 1);
  const secret = body.slice(17, 47);
  return [
    secret,
    secret.slice(0, 15),
    secret.slice(15),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64').slice(0, 38),
  ];
}

/**
 * The secret as the 32-bit words of SHA-256, in pairs: the sixth word of its block begins with the
 * fourth character of the secret.
 */
function wordsOf(token: string): Buffer[] {
  const words = Buffer.from(token.slice(PREFIX.length + 1).slice(20, 44)).swap32();
  return [0, 8, 16].map((at) => words.subarray(at, at + 8));
}

/** A store that records all arguments. */
function watched(inner: Store, seen: unknown[]): Store {
  return wrapped(inner, {
    get(keys) {
      seen.push(keys);
      return inner.get(keys);
    },
    list(range) {
      seen.push(range);
      return inner.list(range);
    },
    commit(writes) {
      seen.push(writes);
      return inner.commit(writes);
    },
  });
}

function assertNowhere(secrets: string[], seen: unknown[]): void {
  const all = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, showHidden: true };
  const everything = seen.map((thing) => inspect(thing, all));
  for (const secret of secrets) {
    assert.equal(
      everything.find((text) => text.includes(secret)),
      undefined,
    );
  }
}

describe('the secret of a token', () => {
  test('is in the result of create and nowhere else: no store argument, record, list, error or console line', async () => {
    const seen: unknown[] = [];
    const store = watched(memoryStore(), seen);
    const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
    for (const { stream, write } of streams) {
      stream.write = ((...args: Parameters<typeof write>) => {
        seen.push(args[0]);
        return write.apply(stream, args);
      }) as typeof write;
    }
    const keepError = (error: unknown) => {
      assert.ok(error instanceof LeastkeyError);
      seen.push(error);
    };
    try {
      const tokens = await deployment({ store });
      const { token, id } = await createToken(tokens);
      seen.push(await tokens.verify(token, 'messages:send'), await tokens.verify(`${token.slice(0, -1)}~`));
      seen.push(await tokens.get(id, admin), await tokens.list({ owner: 'org:acme' }, admin));
      // A credential that was pasted in place of something else.
      await tokens.get(token, admin).catch(keepError);
      await tokens.create(input({ templates: [token] }), admin).catch(keepError);
      await tokens.create(input({ kind: token }), admin).catch(keepError);
      await tokens.create(input({ owner: token, add: [token] }), admin).catch(keepError);
      await tokens.create({ ...input(), [token]: 1 }, admin).catch(keepError);
      await tokens.create({ ...input(), [token]: () => {} }, admin).catch(keepError);
      await tokens.create(input({ expiresIn: token as never }), admin).catch(keepError);
      await tokens.verify(token, token).catch(keepError);
      await tokens.verify(token, undefined, { [token]: 1 } as never).catch(keepError);
      await tokens.verify(token, undefined, { freshness: token } as never).catch(keepError);
      await tokens.verify({ token } as never).catch(keepError);
      await tokens.list({ owner: 'org:acme', after: token }, admin).catch(keepError);
      await tokens.revoke(id, { [token]: 'x' } as never, admin).catch(keepError);
      await tokens.disable(id, stranger).catch(keepError);
      seen.push(await tokens.disable(id, admin), await tokens.enable(id, admin));
      seen.push(await tokens.revoke(id, {}, admin), await tokens.verify(token));
      seen.push(await tokens.delete(id, admin), await tokens.verify(token));
      assert.ok(seen.length > 30);
      assertNowhere(secretsOf(token), seen);
    } finally {
      for (const { stream, write } of streams) stream.write = write;
    }
  });

  test('of every operation is in its result only: rotation, exchange, mint, import, bulk, accounts, usage', async () => {
    const seen: unknown[] = [];
    const store = watched(memoryStore(), seen);
    const tokens = await deployment({
      store,
      imported: [{ prefix: 'old_', digestOf: 'whole' }],
      recordKey: RECORD_KEY,
    });
    const watch = async (call: Promise<unknown>) => seen.push(await call.catch((error: unknown) => error));
    const parent = await createToken(tokens, { tags: ['ci'], limits: { credits: { amount: 9 } } });
    const next = (await tokens.rotate(parent.id, {}, admin)).token as string;
    const session = (await tokens.exchange(next, {})).token as string;
    const minted = tokens.mint();
    const foreign = 'old_CanaryOfAnotherSystem';
    const secrets = [parent.token, next, session, minted.token].flatMap(secretsOf);
    secrets.push(RECORD_KEY, foreign, foreign.slice(4));
    const digest = createHash('sha256').update(foreign).digest('hex');
    const row = { ...input({ name: 'Old' }), digest, encoding: 'hex' as const };
    await watch(
      tokens.create(
        input({ id: minted.id, digest: minted.digest, scheme: minted.scheme, name: 'Minted' }),
        admin,
      ),
    );
    await watch(tokens.importKeys([row, { ...row, digest: foreign }, { ...row, hint: next }], admin));
    await watch(tokens.exchange(foreign, { name: 'Of an imported key' }).then(({ record }) => record));
    for (const credential of [parent.token, next, session, minted.token, foreign]) {
      await watch(tokens.verify(credential, 'messages:send', { consume: 1 }));
      await watch(tokens.explain(credential, 'branch:read'));
    }
    for (const credential of [parent.token, next, session, minted.token]) {
      // In place of another argument.
      await watch(tokens.rotate(credential, {}, admin));
      await watch(tokens.rotate(parent.id, { idempotencyKey: credential }, admin));
      await watch(tokens.rotate(parent.id, { digest: credential }, admin));
      await watch(tokens.confirmRotation(credential, admin));
      await watch(tokens.revokeAll({ tag: credential }, {}, admin));
      await watch(tokens.exchange(credential, { name: credential, kind: credential }));
      await watch(tokens.exchange(`${credential}x`, {}));
      await watch(tokens.accounts.get(credential, { id: 'user:root', roles: { '': 'admin' } }));
    }
    for (const credential of [parent.token, next, session, minted.token]) {
      await watch(tokens.edit(parent.id, { description: credential, tags: [credential] }, admin));
      await watch(tokens.edit(parent.id, { metadata: { a: { [credential]: 1 } } }, admin));
      const root = { id: 'user:root', roles: { '': 'admin' } };
      await watch(tokens.accounts.put({ id: credential, title: credential, roles: {} }, root));
      await watch(tokens.list({ owner: credential }, root));
      await watch(tokens.revokeAll({ owner: credential }, { reason: credential }, root));
      await watch(tokens.purge({ owner: credential }, {}, root));
      await watch(tokens.create(input({ id: credential, digest: credential }), admin));
    }
    await watch(tokens.flush());
    await watch(tokens.confirmRotation(parent.id, admin));
    await watch(tokens.verify(parent.token));
    await watch(tokens.flush());
    await watch(tokens.get(parent.id, admin));
    await watch(tokens.list({ owner: 'org:acme' }, admin));
    await watch(tokens.revokeAll({ owner: 'org:acme' }, { reason: 'leak' }, admin));
    await watch(tokens.audit({ owner: 'org:acme', limit: 200 }, admin));
    for await (const line of tokens.exportAudit({ owner: 'org:acme' }, admin)) seen.push(line);
    await watch(tokens.verifyAudit('org:acme'));
    await watch(tokens.purge());
    await watch(deployment({ recordKey: `${RECORD_KEY}x` }));
    assert.ok(seen.length > 150);
    assertNowhere(secrets, seen);
  });

  test('does not stay in the memory of the core', async () => {
    const store = memoryStore();
    const imported = [{ prefix: 'old_', digestOf: 'whole' as const }];
    const tokens = await deployment({ store, imported });
    const edge = await createVerifier({ catalog, store, prefix: PREFIX, imported });
    for (let turn = 0; turn < 20; turn++) {
      const { token } = await createToken(tokens, { name: `T${turn}` });
      const foreign = `old_${'Canary'.repeat(1 + turn)}OfAnotherSystem`;
      const digest = createHash('sha256').update(foreign).digest('hex');
      const row = { ...input({ name: `I${turn}` }), digest, encoding: 'hex' as const };
      await tokens.importKeys([row], admin);
      const secrets = [...secretsOf(token).slice(0, 3), foreign.slice(4, 20), ...wordsOf(token)];
      for (const verifier of [tokens, edge]) {
        for (const call of [
          () => verifier.verify(token, 'messages:send'),
          () => verifier.verify(token, 'messages:send'),
          () => verifier.verify(foreign, 'messages:send'),
          () => verifier.verify(`${token.slice(0, -1)}x`),
          () => verifier.verify(token.toUpperCase()),
          () => verifier.verifyMany(Array(9).fill({ credential: token, requirement: 'messages:send' })),
          () => tokens.explain(token, 'messages:send'),
        ]) {
          await call();
          for (const secret of secrets) assert.equal(isInMemory(secret), false, String(call));
        }
      }
    }
  });

  test('the scan of the memory finds a secret that is there', async () => {
    const marker = 'canary-of-the-memory-scan';
    const services = { [marker]: { title: 'Here', permissions: { read: 'Read' } } };
    await deployment({ catalog: { services } });
    await createVerifier({
      catalog: { services: { [`${marker}-of-an-edge`]: services[marker] } },
      store: memoryStore(),
      prefix: PREFIX,
    });
    assert.equal(isInMemory(marker), true);
    assert.equal(isInMemory(`${marker}-of-an-edge`), true);
  });

  test('its entropy is wiped', async () => {
    let drawn: Uint8Array | undefined;
    const tokens = await deployment({
      entropy(bytes) {
        drawn = bytes;
        crypto.getRandomValues(bytes);
      },
    });
    await createToken(tokens);
    assert.ok(drawn);
    assert.deepEqual([...drawn], Array(64).fill(0));
  });

  test('differs from token to token, and depends on the entropy only', async () => {
    const seeded = () => {
      let state = 1;
      return (bytes: Uint8Array) =>
        bytes.forEach((_, at) => {
          state = (state * 48_271) % 0x7fffffff;
          bytes[at] = state;
        });
    };
    const now = () => 1_800_000_000_000;
    const one = await deployment({ entropy: seeded(), now });
    const two = await deployment({ entropy: seeded(), now });
    const first = await createToken(one);
    assert.equal(first.token, (await createToken(two)).token);
    assert.notEqual(first.token, (await createToken(one, { name: 'Second' })).token);
    const random = await deployment();
    const made = await Promise.all(
      Array.from({ length: 200 }, (_, index) => createToken(random, { name: `T${index}` })),
    );
    assert.equal(new Set(made.map(({ token }) => token)).size, 200);
    assert.equal(new Set(made.map(({ id }) => id)).size, 200);
  });

  test('no secret is made from a generator that throws or fills nothing', async () => {
    for (const entropy of [
      () => {
        throw new Error('empty');
      },
      () => {},
    ]) {
      const commits: unknown[] = [];
      const store = wrapped(memoryStore(), { commit: (writes) => commits.push(writes) < 0 });
      const tokens = await deployment({ store, entropy });
      await assert.rejects(tokens.create(input(), admin), { code: 'rng_failed' });
      assert.deepEqual(commits, []);
    }
  });

  test('the host’s generator failing is an error too', async () => {
    const original = crypto.getRandomValues;
    const tokens = await deployment();
    crypto.getRandomValues = () => {
      throw new Error('no entropy');
    };
    try {
      await assert.rejects(tokens.create(input(), admin), { code: 'rng_failed' });
    } finally {
      crypto.getRandomValues = original;
    }
    assert.ok((await createToken(tokens)).token);
  });
});
