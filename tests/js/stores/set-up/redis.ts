// #region set-up
import { redisStore } from 'leastkey/stores/redis';
import { createClient } from 'redis';

const client = await createClient({ url: 'redis://10.0.0.1:6379' }).connect();
const store = redisStore(client);
await store.migrate();

// #endregion

export { store };
