/** The Redis store against a real Valkey. `npm run test:stores` runs it. */

import { after, before, describe } from 'node:test';
import { redisStore } from 'leastkey/stores/redis';
import { createClient } from 'redis';
import { type RedisServer, startRedis } from '../support/servers/redis-server.js';
import { storeContract } from './store-contract.js';

describe('Valkey', () => {
  let server: RedisServer;
  let namespaces = 0;
  before(async () => {
    server = await startRedis({}, process.env.LEASTKEY_VALKEY);
  });
  after(() => server?.stop());

  storeContract('Valkey with redis', async () => {
    let now = 0;
    const clients = [createClient({ url: server.url }), createClient({ url: server.url })] as const;
    for (const client of clients) {
      client.on('error', () => {});
      await client.connect();
    }
    const options = { namespace: `test:${++namespaces}`, now: () => now };
    const [store, other] = [redisStore(clients[0], options), redisStore(clients[1], options)];
    await store.migrate();
    return {
      store,
      other,
      setClock(instant) {
        now = instant;
      },
      close() {
        for (const client of clients) client.destroy();
      },
    };
  });
});
