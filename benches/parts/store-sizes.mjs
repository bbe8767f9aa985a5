/** What a stored token takes in each database: its entries, and what the database adds. */

import { statSync } from 'node:fs';
import { openStore } from 'leastkey/stores/open';
import { createClient } from 'redis';
import { copiedTokens } from '../stores/copied-tokens.mjs';
import { filler } from '../stores/fill.mjs';
import { databases } from '../stores/servers.mjs';
import { inDigits } from '../tables/format.mjs';

const TOKENS = 5_000;

/** The bytes that a database takes, with its indexes. */
const sizes = {
  SQLite: async ({ url }) => statSync(url.slice('sqlite:'.length)).size,
  async PostgreSQL({ server }) {
    const [row] = await server.sql(
      "SELECT pg_table_size('leastkey_entries') AS rows, pg_indexes_size('leastkey_entries') AS indexes",
    );
    return Number(row.rows) + Number(row.indexes);
  },
  async Redis({ url }) {
    const client = await createClient({ url }).connect();
    const text = await client.sendCommand(['INFO', 'memory']);
    client.destroy();
    return Number(/used_memory:(\d+)/.exec(text)[1]);
  },
  async 'etcd, three nodes'({ server }) {
    const { header } = await server.ask('kv/range', { key: 'AA==' });
    await server.ask('kv/compaction', { revision: header.revision, physical: true });
    await server.ask('maintenance/defragment', {});
    return Number((await server.ask('maintenance/status', {})).dbSize);
  },
  async MariaDB({ server }) {
    await server.sql('ANALYZE TABLE tokens.leastkey_entries');
    const [row] = await server.sql(
      "SELECT DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_NAME = 'leastkey_entries'",
    );
    return Number(row.bytes);
  },
};

async function measure(say) {
  const rows = [];
  for (const database of databases.filter(({ name }) => sizes[name] !== undefined)) {
    say(database.name);
    const started = await database.start();
    try {
      const store = await openStore(started.url, { migrate: true });
      const before = await sizes[database.name](started);
      const filling = await filler(started.url, store);
      let content = 0;
      for await (const { entries } of copiedTokens([{ owner: 'org:0', count: TOKENS }])) {
        await filling.put(entries);
        for (const [key, value] of entries) content += key.length + value.length;
      }
      await filling.end();
      await store.close();
      const bytes = ((await sizes[database.name](started)) - before) / TOKENS;
      rows.push({
        cells: [database.name, inDigits(content / TOKENS), inDigits(bytes), `${inDigits(bytes / 1_000)} GB`],
      });
    } finally {
      await started.stop();
    }
  }
  return rows;
}

export const parts = [
  {
    key: 'store-sizes',
    title: 'Bytes of a stored token with 20 permissions',
    columns: ['store', 'its keys and values', 'with what the database adds', 'a million tokens'],
    estimate: 60_000,
    measure,
  },
];
