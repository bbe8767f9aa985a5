/**
 * Verifies the credential of the second argument on the SQLite file of the first, as often as the
 * third says. Prints how often it passed.
 */

import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from './deployment.js';

const [path = '', credential = '', times = ''] = process.argv.slice(2);
const store = sqliteStore({ path, busyTimeout: '30s' });
const tokens = await deployment({ store, deadline: '120s' });
const verdicts = await Promise.all(
  Array.from({ length: Number(times) }, () => tokens.verify(credential, 'messages:send', { consume: 1 })),
);
store.close();
const codes = verdicts.map(({ code }) => code);
if (codes.some((code) => code !== 'valid' && code !== 'usage_exceeded')) throw new Error(codes.join());
console.log(codes.filter((code) => code === 'valid').length);
