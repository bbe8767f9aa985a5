/**
 * One of several processes that run the same calls on one SQLite file. Arguments: the file,
 * `exchange` or `use` (count a use), the credential, and the number of calls. It begins when it
 * reads a line, and prints how the calls ended and how many commits it tried.
 */

import { once } from 'node:events';
import { LeastkeyError } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { catalog, deployment } from './deployment.js';
import { wrapped } from './wrapped-store.js';

const [path = '', what = '', credential = '', times = '', sessions = '1000'] = process.argv.slice(2);
const sqlite = sqliteStore({ path, busyTimeout: '30s' });
let commits = 0;
const store = wrapped(sqlite, {
  commit(writes) {
    commits += 1;
    return sqlite.commit(writes);
  },
});
const kinds = { session: { sessions: Number(sessions) } };
const tokens = await deployment({ store, deadline: '120s', catalog: { ...catalog, kinds } as never });

const calls: Record<string, () => Promise<string>> = {
  exchange: () =>
    tokens.exchange(credential, {}).then(
      () => 'valid',
      (error) => (error instanceof LeastkeyError ? error.code : String(error)),
    ),
  use: async () => (await tokens.verify(credential, 'messages:send', { consume: 1 })).code,
};
const call = calls[what];
if (call === undefined) throw new Error(`${what} is neither exchange nor use`);

console.log('ready');
await once(process.stdin, 'data');
const codes = await Promise.all(Array.from({ length: Number(times) }, call));
sqlite.close();
process.stdin.destroy();
console.log(JSON.stringify({ codes, commits }));
