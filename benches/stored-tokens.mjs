/** Files of `leastkey/stores/sqlite` with very many tokens, each made by `create`. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sqliteStore } from 'leastkey/stores/sqlite';
import Database from 'libsql';
import { createToken, deployed } from './contestants/leastkey.mjs';

/** The number of creates whose values go into the file in one transaction. */
const BATCH = 5_000;

/**
 * Creates tokens in a new file, in a folder that `remove` removes.
 * @param {number} count
 * @param {{ membersOf?: (at: number) => object, say?: (text: string) => void }} options further members of the nth
 *   `create`; gets the progress
 * @returns the file, and another with one credential a line
 */
export async function storedTokens(count, { membersOf = () => ({}), say = () => {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-tokens-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, 'tokens.db');
  const credentialsFile = join(folder, 'credentials');
  try {
    const store = batching(file);
    const { tokens } = await deployed({ count: 0, store });
    const credentials = [];
    for (let at = 0; at < count; at += 1) {
      credentials.push(await createToken(tokens, at, membersOf(at)));
      if (credentials.length % BATCH === 0) {
        store.flush();
        say(
          `created ${credentials.length.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} tokens`,
        );
        // A turn for the timer that shows it: this store answers at once.
        await setImmediate();
      }
    }
    store.close();
    writeFileSync(credentialsFile, credentials.join('\n'));
    return { file, credentialsFile, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * A store on a file whose commits stay in memory until `flush` writes them in one transaction. The
 * store of the package makes each of them durable by itself, which takes longer than all the rest.
 */
function batching(file) {
  // Makes the schema.
  sqliteStore({ path: file }).close();
  const database = new Database(file);
  // After a power cut nobody needs the file.
  database.exec('PRAGMA synchronous = OFF');
  database.exec('PRAGMA cache_size = -400000');
  const one = database.prepare('SELECT value FROM entries WHERE key = ?');
  const range = database.prepare(
    'SELECT key, value FROM entries WHERE key > ? AND key >= ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?',
  );
  const put = database.prepare('INSERT OR REPLACE INTO entries (key, value, expires_at) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM entries WHERE key = ?');
  const waiting = new Map();
  const flush = () => {
    database.exec('BEGIN');
    for (const key of [...waiting.keys()].sort()) {
      const { value, expiresAt = null } = waiting.get(key);
      if (value === null) remove.run(key);
      else put.run(key, value, expiresAt);
    }
    database.exec('COMMIT');
    waiting.clear();
  };
  const current = (key) => (waiting.has(key) ? waiting.get(key).value : (one.get(key)?.value ?? null));
  return {
    get: (keys) => keys.map(current),
    list({ prefix, after = '', limit }) {
      flush();
      return range.all(after, prefix, prefix.length, prefix, limit);
    },
    commit(writes) {
      if (writes.some(({ key, expect }) => expect !== undefined && expect !== current(key))) return false;
      for (const { key, value, expiresAt } of writes)
        if (value !== undefined) waiting.set(key, { value, expiresAt });
      return true;
    },
    flush,
    close() {
      flush();
      // Everything into the one file: it is read as one that has been at rest.
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      database.close();
    },
  };
}
