/**
 * Counts up in the SQLite file of the first argument, as often as the second says, by
 * compare-and-swap.
 */

import { sqliteStore } from 'leastkey/stores/sqlite';

const [path = '', times = ''] = process.argv.slice(2);
const store = sqliteStore({ path, busyTimeout: '60s' });
for (let done = 0; done < Number(times); ) {
  const [count = null] = await store.get(['count']);
  const next = String(Number(count ?? 0) + 1);
  const mark = { key: `mark/${process.pid}/${done}`, expect: null, value: next };
  if (await store.commit([{ key: 'count', expect: count, value: next }, mark])) done += 1;
}
store.close();
