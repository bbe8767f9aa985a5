import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { type ErrorCode, LeastkeyError } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX, stranger } from '../support/deployment.js';
import { trapNext } from '../support/wasm-glue.js';
import { wrapped } from '../support/wrapped-store.js';

describe('every error code has a cause', () => {
  /** `deadline_exceeded` is tested in tests/js/runtime/contention.test.ts. */
  const cases: Record<Exclude<ErrorCode, 'deadline_exceeded'>, () => Promise<unknown>> = {
    not_found: async () => {
      const tokens = await deployment();
      const { id } = await createToken(tokens);
      return tokens.get(id, stranger);
    },
    forbidden: async () => (await deployment()).create(input(), stranger),
    conflict: async () => {
      const store = wrapped(memoryStore(), { commit: () => false });
      return (await deployment({ store, deadline: '50ms' })).create(input(), admin);
    },
    name_taken: async () => {
      const tokens = await deployment();
      const ada = { ...admin, roles: { 'user:ada': 'admin' } };
      await tokens.create(input({ kind: 'personal', owner: 'user:ada' }), ada);
      return tokens.create(input({ kind: 'personal', owner: 'user:ada' }), ada);
    },
    exceeds_ceiling: async () =>
      (await deployment()).create(input({ owner: 'user:bob' }), {
        id: 'user:bob',
        permissions: ['branch:read'],
      }),
    invalid_input: async () => (await deployment()).create(input({ name: '' }), admin),
    terminal: async () => {
      const tokens = await deployment();
      const { id } = await createToken(tokens);
      await tokens.revoke(id, {}, admin);
      return tokens.enable(id, admin);
    },
    too_many_sessions: async () => {
      const tokens = await deployment({ catalog: { ...catalog, kinds: { session: { sessions: 1 } } } });
      const { token } = await createToken(tokens);
      await tokens.exchange(token, {});
      return tokens.exchange(token, {});
    },
    invalid_token: async () => (await deployment()).exchange(`${PREFIX}_0`, {}),
    outcome_unknown: async () => {
      const store = wrapped(memoryStore(), { commit: () => Promise.reject(new Error('connection lost')) });
      return (await deployment({ store, deadline: '50ms' })).create(input(), admin);
    },
    rng_failed: async () => (await deployment({ entropy: () => {} })).create(input(), admin),
    store_unavailable: async () => {
      const store = wrapped(memoryStore(), { get: () => Promise.reject(new Error('down')) });
      return (await deployment({ store })).create(input(), admin);
    },
    clock_unreliable: async () => (await deployment({ now: () => Number.NaN })).create(input(), admin),
    internal: async () => {
      const tokens = await deployment();
      trapNext('plan');
      return tokens.create(input(), admin);
    },
  };

  for (const [code, run] of Object.entries(cases)) {
    test(code, () =>
      assert.rejects(run, (error) => {
        assert.ok(error instanceof LeastkeyError && error instanceof Error);
        assert.equal(error.code, code, error.message);
        assert.equal(error.name, 'LeastkeyError');
        assert.ok(error.message.length > 10, error.message);
        return true;
      }),
    );
  }
});

describe('an error of another copy of the package', () => {
  test('is an error of this one', () => {
    class Foreign extends Error {
      constructor() {
        super('of another copy');
        Object.defineProperty(this, Symbol.for('leastkey.error'), { value: true });
      }
    }
    assert.ok(new Foreign() instanceof LeastkeyError);
    for (const value of [new Error('x'), {}, null, undefined, 'x', Symbol.for('leastkey.error')])
      assert.equal(value instanceof LeastkeyError, false);
  });

  test('has the name of its class, also after a bundler', async () => {
    const error = new LeastkeyError('conflict', 'so');
    assert.deepEqual([error.name, error.constructor.name], ['LeastkeyError', 'LeastkeyError']);
    const more = error.with({ complete: false } as never);
    assert.ok(more instanceof LeastkeyError && more.code === 'conflict');
    assert.match(inspect(more), /^LeastkeyError: so/);
  });
});
