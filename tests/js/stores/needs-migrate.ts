import assert from 'node:assert/strict';
import type { DatabaseStore } from 'leastkey';

/** Checks that a new store refuses every call until `migrate`, which may run twice and at once. */
export async function assertNeedsMigrate(
  store: DatabaseStore,
  refused: { name: string; code: string; message: RegExp },
): Promise<void> {
  await assert.rejects(store.get(['a']), refused);
  await assert.rejects(store.list({ prefix: '', limit: 1 }), refused);
  await assert.rejects(store.commit([{ key: 'a', value: '1' }]), refused);
  await assert.rejects(store.check(), refused);
  await Promise.all([store.migrate(), store.migrate()]);
  await store.commit([{ key: 'a', value: '1' }]);
  await store.migrate();
  assert.deepEqual(await store.get(['a']), ['1']);
  assert.deepEqual(await store.check(), []);
}
