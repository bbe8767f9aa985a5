/**
 * Commits to the SQLite file of the first argument, prints a line, and closes the store at the end
 * of its input. With a second argument it commits values of that many characters until one is
 * refused, and the line is the error.
 */

import { type SqliteStore, sqliteStore } from 'leastkey/stores/sqlite';

const [path = '', size] = process.argv.slice(2);
// Waiting for another connection here would exceed the time of a test.
const store = sqliteStore({ path, busyTimeout: '600s' });
store.commit([{ key: 'k', value: '1' }]);
console.log(size === undefined ? 'open' : JSON.stringify(fill(store, Number(size))));
process.stdin.resume().on('end', () => store.close());

function fill(full: SqliteStore, characters: number) {
  for (let count = 0; ; count++) {
    try {
      full.commit([{ key: `fill/${String(count).padStart(4, '0')}`, value: 'v'.repeat(characters) }]);
    } catch (error) {
      const { name, code, message, cause } = error as Error & { code: string };
      return { name, code, message, cause: (cause as Error | undefined)?.message, count };
    }
  }
}
