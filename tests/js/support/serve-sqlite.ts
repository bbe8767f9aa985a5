/**
 * Serves the SQLite file of the first argument to the process that started this one, by the clock
 * that comes with each call.
 */

import { sqliteStore } from 'leastkey/stores/sqlite';

interface Request {
  id: number;
  now: number;
  method: 'get' | 'list' | 'commit';
  argument: never;
}

let clock = 0;
const store = sqliteStore({ path: process.argv[2] ?? '', now: () => clock });

process.on('message', ({ id, now, method, argument }: Request) => {
  clock = now;
  try {
    process.send?.({ id, answer: store[method](argument) });
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    process.send?.({ id, error: { name, code, message } });
  }
});
process.send?.('ready');
