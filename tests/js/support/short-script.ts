/** A short script that uses a slow store and closes nothing. It has to end by itself. */

import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { createToken, deployment } from './deployment.js';
import { wrapped } from './wrapped-store.js';

const inner = memoryStore();
const later = async <T>(answer: T): Promise<T> => {
  await new Promise(setImmediate);
  return answer;
};
const slow = wrapped(inner, {
  get: (keys) => later(inner.get(keys)),
  list: (range) => later(inner.list(range)),
  commit: (writes) => later(inner.commit(writes)),
});
for (const store of [slow, sqliteStore({ path: process.argv[2] as string })]) {
  const tokens = await deployment({ store, deadline: '600s' });
  const made = await Promise.all([1, 2, 3].map((n) => createToken(tokens, { name: `T${n}` })));
  for (const { token } of made) await tokens.verify(token);
}
console.log('done');
