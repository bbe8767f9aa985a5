// #region set-up
import { createTokens } from 'leastkey';
import { postgresStore } from 'leastkey/stores/postgres';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const store = postgresStore(pool);
await store.migrate();
const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
// #endregion

declare const catalog: Parameters<typeof createTokens>[0]['catalog'];

export { tokens };
