// #region set-up
import { mysqlStore } from 'leastkey/stores/mysql';
import { createPool } from 'mysql2/promise';

const store = mysqlStore(createPool(process.env.DATABASE_URL ?? ''));
await store.migrate();

// #endregion

export { store };
