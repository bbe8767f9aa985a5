/** Prints what a store in a SQLite file reads back, or why there is none. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from 'leastkey/stores/sqlite';

const folder = mkdtempSync(join(tmpdir(), 'leastkey-sqlite-'));
try {
  const store = sqliteStore({ path: join(folder, 'tokens.db') });
  store.commit([{ key: 'k', expect: null, value: 'kept' }]);
  console.log(JSON.stringify(store.get(['k'])));
  store.close();
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
