/** A part of a store for checks: all of its keys begin with one prefix. */

import type { Store } from '../api/store.js';

/** The most keys of one `list`, and the most writes of one commit. */
const PAGE = 1_000;
const MAX_WRITES = 32;

/** The store whose keys are those of `store` that begin with `prefix`, without it. */
export function scratchStore(store: Store, prefix: string): Store {
  return {
    get: (keys) => store.get(keys.map((key) => prefix + key)),
    async list({ prefix: inner, after, limit }) {
      const range = { prefix: prefix + inner, limit, ...(after !== undefined && { after: prefix + after }) };
      const entries = await store.list(range);
      return entries.map(({ key, value }) => ({ key: key.slice(prefix.length), value }));
    },
    commit: (writes) => store.commit(writes.map((write) => ({ ...write, key: prefix + write.key }))),
  };
}

/** Deletes all keys of a scratch store. */
export async function clearScratch(store: Store): Promise<void> {
  for (;;) {
    const entries = await store.list({ prefix: '', limit: PAGE });
    if (entries.length === 0) return;
    for (let at = 0; at < entries.length; at += MAX_WRITES)
      await store.commit(entries.slice(at, at + MAX_WRITES).map(({ key }) => ({ key, value: null })));
  }
}
