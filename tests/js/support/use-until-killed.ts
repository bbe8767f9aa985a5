/**
 * Uses the limited credential of the second argument on the SQLite file of the first, eight uses at
 * a time, until it is killed. Prints a line before each use, and one when it is acknowledged.
 */

import { writeSync } from 'node:fs';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from './deployment.js';

const [path = '', credential = ''] = process.argv.slice(2);
const tokens = await deployment({ store: sqliteStore({ path }) });

async function use(): Promise<void> {
  writeSync(1, 'begun\n');
  const { code } = await tokens.verify(credential, 'messages:send', { consume: 1 });
  writeSync(1, `${code}\n`);
}

for (;;) {
  await Promise.all(Array.from({ length: 8 }, use));
  await new Promise((resolve) => setImmediate(resolve));
}
