/** AbortSignal: what an abort ends, and that no listener is left. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallOptions, Store, Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { never, wrapped } from '../support/wrapped-store.js';

const OPERATIONS: Record<
  string,
  (tokens: Tokens, token: string, id: string, call: CallOptions) => Promise<unknown>
> = {
  create: (tokens, _, __, call) => tokens.create(input({ name: 'Another' }), admin, call),
  get: (tokens, _, id, call) => tokens.get(id, admin, call),
  list: (tokens, _, __, call) => tokens.list({ owner: 'org:acme' }, admin, call),
  disable: (tokens, _, id, call) => tokens.disable(id, admin, call),
  enable: (tokens, _, id, call) => tokens.enable(id, admin, call),
  revoke: (tokens, _, id, call) => tokens.revoke(id, {}, admin, call),
  delete: (tokens, _, id, call) => tokens.delete(id, admin, call),
  drift: (tokens, _, __, call) => tokens.drift({ owner: 'org:acme' }, admin, call),
  verify: (tokens, token, _, call) => tokens.verify(token, undefined, call),
  explain: (tokens, token, _, call) => tokens.explain(token, undefined, call),
};

/** A deployment whose store counts its calls, and can be made to hang. */
async function hangable() {
  const inner = memoryStore();
  const state = { hangs: false, calls: 0, asked: () => {} };
  const watch = <T>(answer: () => T) => {
    state.calls += 1;
    state.asked();
    return state.hangs ? never<never>() : answer();
  };
  const store: Store = {
    get: (keys) => watch(() => inner.get(keys)),
    list: (range) => watch(() => inner.list(range)),
    commit: (writes) => watch(() => inner.commit(writes)),
  };
  const tokens = await deployment({ store });
  const made = await createToken(tokens);
  state.calls = 0;
  return { tokens, state, ...made };
}

describe('an abort', () => {
  for (const [name, call] of Object.entries(OPERATIONS)) {
    test(`before ${name}: it rejects with the reason, and the store is not asked`, async () => {
      const { tokens, state, token, id } = await hangable();
      const reason = new Error('the client has gone');
      await assert.rejects(
        call(tokens, token, id, { signal: AbortSignal.abort(reason) }),
        (error) => error === reason,
      );
      assert.equal(state.calls, 0);
    });

    test(`while the store hangs in ${name}: it rejects with the reason, and leaves no listener`, async () => {
      const { tokens, state, token, id } = await hangable();
      const controller = new AbortController();
      const listeners = countListeners(controller.signal);
      const reason = { any: 'value' };
      state.hangs = true;
      state.asked = () => queueMicrotask(() => controller.abort(reason));
      await assert.rejects(
        call(tokens, token, id, { signal: controller.signal }),
        (error) => error === reason,
      );
      assert.equal(listeners(), 0);
    });
  }

  test('while it waits for its turn: it rejects, and the next call gets the turn', async () => {
    const inner = memoryStore();
    let answer = () => {};
    let held = false;
    const store = wrapped(inner, {
      async commit(writes) {
        if (held) await new Promise<void>((resolve) => (answer = resolve));
        return inner.commit(writes);
      },
    });
    const tokens = await deployment({ store });
    const { id } = await createToken(tokens);
    held = true;
    const first = tokens.disable(id, admin);
    const controller = new AbortController();
    const waiting = tokens.revoke(id, {}, admin, { signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort('enough');
    await assert.rejects(waiting, (error) => error === 'enough');
    held = false;
    const last = tokens.enable(id, admin);
    answer();
    assert.equal((await first).status, 'disabled');
    assert.equal((await last).status, 'active');
  });

  test('between two tries of a commit: it rejects, and nothing was changed', async () => {
    const inner = memoryStore();
    const controller = new AbortController();
    let tries = 0;
    const store = wrapped(inner, {
      commit(writes) {
        if (writes.some(({ value }) => value?.includes('"revoked"')) && ++tries === 3)
          controller.abort('enough');
        return tries > 0 ? false : inner.commit(writes);
      },
    });
    const tokens = await deployment({ store });
    const { id } = await createToken(tokens);
    const call = tokens.revoke(id, {}, admin, { signal: controller.signal });
    await assert.rejects(call, (error) => error === 'enough');
    assert.equal(tries, 3);
    assert.equal((await tokens.get(id, admin)).status, 'active');
  });

  test('a signal that does not fire changes nothing, and a thousand calls leave no listener on it', async () => {
    const inner = memoryStore();
    const later: Store = {
      get: async (keys) => inner.get(keys),
      list: async (range) => inner.list(range),
      commit: async (writes) => inner.commit(writes),
    };
    const tokens = await deployment({ store: later });
    const { token } = await createToken(tokens);
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    for (let turn = 0; turn < 1_000; turn++) {
      assert.equal((await tokens.verify(token, undefined, { signal })).valid, true);
    }
    assert.equal(listeners(), 0);
  });

  test('a value that is no signal is refused', async () => {
    const { tokens, token, id } = await hangable();
    for (const signal of [null, {}, 'now', { aborted: false }, new AbortController()]) {
      for (const call of Object.values(OPERATIONS)) {
        await assert.rejects(call(tokens, token, id, { signal: signal as never }), {
          code: 'invalid_input',
          path: 'signal',
        });
      }
    }
    await assert.rejects(tokens.get(id, admin, { signl: undefined } as never), {
      message: /unknown option "signl" of get; did you mean "signal"\?/,
    });
  });
});

/** The number of listeners of a signal, counted from now on. */
function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    count += 1;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    count -= 1;
    Reflect.apply(removeEventListener, signal, args);
  };
  return () => count;
}
