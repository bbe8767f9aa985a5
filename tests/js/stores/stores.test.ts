import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { SyncStore, Write } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { serveStore } from '../support/served-store.js';
import { temporaryFile } from '../support/temporary-file.js';
import { storeContract } from './store-contract.js';

const Database = createRequire(import.meta.url)('libsql');

storeContract('memory', () => {
  let now = 0;
  const store = memoryStore({ now: () => now });
  return {
    store,
    other: store,
    setClock(instant) {
      now = instant;
    },
    close() {},
  };
});

storeContract('SQLite, in a process that is killed', async () => {
  const file = temporaryFile();
  const served = await serveStore(file.path);
  return {
    ...served,
    async close() {
      await served.close();
      file.remove();
    },
  };
}, ['kill']);

storeContract('SQLite', () => {
  let now = 0;
  const file = temporaryFile();
  const store = sqliteStore({ path: file.path, now: () => now });
  const other = sqliteStore({ path: file.path, now: () => now });
  return {
    store,
    other,
    setClock(instant) {
      now = instant;
    },
    close() {
      store.close();
      other.close();
      file.remove();
    },
  };
});

storeContract('SQLite, on a database that was given', () => {
  let now = 0;
  const file = temporaryFile();
  const databases = [new Database(file.path), new Database(file.path)];
  const [store, other] = databases.map((database) => sqliteStore({ database, now: () => now }));
  return {
    store: store as SyncStore,
    other: other as SyncStore,
    setClock(instant) {
      now = instant;
    },
    close() {
      for (const database of databases) database.close();
      file.remove();
    },
  };
});

for (let seed = 1; seed <= 20; seed++) {
  test(`memory and SQLite answer the same random calls alike (seed ${seed})`, () => {
    const file = temporaryFile();
    const random = generator(seed);
    let now = 0;
    const stores: SyncStore[] = [
      memoryStore({ now: () => now }),
      sqliteStore({ path: file.path, now: () => now }),
    ];
    try {
      for (let call = 0; call < 150; call++) {
        now += random(3);
        const ask = randomCall(random, now, stores[0] as SyncStore);
        const [memory, sqlite] = stores.map(ask);
        assert.deepEqual(sqlite, memory, `call ${call}`);
      }
    } finally {
      (stores[1] as ReturnType<typeof sqliteStore>).close();
      file.remove();
    }
  });
}

/** Few keys, so that calls collide; in one family and its neighbors, so that prefixes matter. */
const KEYS = ['a', 'a/', 'a/%', 'a/_', 'a/b', 'a/b/c', 'a/b0', 'a0', 'b', '~'];

function randomCall(random: (below: number) => number, now: number, store: SyncStore) {
  const some = () => KEYS[random(KEYS.length)] as string;
  const kind = random(10);
  if (kind === 0) {
    const keys = Array.from({ length: random(6) }, some);
    return (asked: SyncStore): unknown => asked.get(keys);
  }
  if (kind === 1) {
    const range = {
      prefix: random(3) ? some() : '',
      ...(random(2) && { after: some() }),
      limit: 1 + random(8),
    };
    return (asked: SyncStore): unknown => asked.list(range);
  }
  const keys = [...new Set(Array.from({ length: 1 + random(4) }, some))];
  const writes = keys.map((key): Write => {
    const [current = null] = store.get([key]);
    // Nearly always the stored value, so that most commits of several writes succeed.
    const expect = random(8) ? current : random(2) ? null : `${random(5)}`;
    const value = [undefined, null, `${random(5)}`, `${random(5)}`][random(4)];
    const expires = typeof value === 'string' && random(2) === 0;
    return {
      key,
      ...(random(3) > 0 && { expect }),
      ...(value !== undefined && { value }),
      ...(expires && { expiresAt: now + random(10) }),
    };
  });
  return (asked: SyncStore): unknown => asked.commit(writes);
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
