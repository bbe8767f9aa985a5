import type { Entry, SyncStore } from 'leastkey';

/** Everything that a store holds, key by key. */
export function entriesOf(store: SyncStore): Entry[] {
  const all: Entry[] = [];
  for (;;) {
    const after = all.at(-1)?.key;
    const page = store.list({ prefix: '', limit: 1_000, ...(after !== undefined && { after }) });
    if (page.length === 0) return all;
    all.push(...page);
  }
}
