/** SUBSCRIBE of Redis, over a connection of its own that `redis` or `ioredis` makes. */

import { invalidInput } from '../input/options.js';
import type { RedisClient } from './redis-client.js';

/** What is used of both: they connect and subscribe again by themselves. */
interface Subscriber {
  on(event: string, listener: () => void): unknown;
}

interface NodeRedisSubscriber extends Subscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  destroy(): void;
}

interface IoRedisSubscriber extends Subscriber {
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

/** Listens on a channel. */
export async function listenToRedis(
  client: RedisClient,
  channel: string,
  listener: () => void,
): Promise<() => Promise<void>> {
  const { duplicate, call } = client as { duplicate?: () => unknown; call?: unknown };
  if (typeof duplicate !== 'function')
    throw invalidInput('client', 'watch needs a client that can be duplicated, of redis or ioredis');
  const subscriber = duplicate.call(client) as NodeRedisSubscriber | IoRedisSubscriber;
  // A connection that breaks is made again; without a listener it would end the process.
  subscriber.on('error', () => {});
  const end = () => ('destroy' in subscriber ? subscriber.destroy() : subscriber.disconnect());
  try {
    if (typeof call === 'function') {
      await (subscriber as IoRedisSubscriber).subscribe(channel);
      subscriber.on('message', listener);
    } else {
      const one = subscriber as NodeRedisSubscriber;
      await one.connect();
      await one.subscribe(channel, listener);
    }
  } catch (error) {
    end();
    throw error;
  }
  // What was pushed while it was not connected is lost.
  subscriber.on('ready', listener);
  return async () => end();
}
