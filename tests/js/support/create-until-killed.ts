/**
 * Creates tokens in the SQLite file of the first argument until it is killed, and prints each when
 * it is acknowledged.
 */

import { writeSync } from 'node:fs';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { createToken, deployment } from './deployment.js';

const [path = '', round = ''] = process.argv.slice(2);
const tokens = await deployment({ store: sqliteStore({ path }) });
for (let index = 0; ; index++) {
  const { token } = await createToken(tokens, { name: `Round ${round}, token ${index}` });
  writeSync(1, `${token}\n`);
}
