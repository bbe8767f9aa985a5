/** LISTEN and NOTIFY of PostgreSQL, through `pg` or `postgres`. */

import { invalidInput } from '../input/options.js';
import { keepListening } from './keep-listening.js';
import type { PostgresClient } from './postgres-client.js';

/** What is used of a client that a `Pool` of `pg` lends. */
interface PgListener {
  query(text: string): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  release(destroy: boolean): void;
}

/** The `listen` of `postgres`. It connects again by itself, and then calls `onlisten`. */
type PostgresJsListen = (
  channel: string,
  push: () => void,
  onlisten: () => void,
) => Promise<{ unlisten(): Promise<void> }>;

/** Listens on a channel, over a connection that it keeps for itself. */
export async function listenToPostgres(
  client: PostgresClient,
  channel: string,
  listener: () => void,
): Promise<() => Promise<void>> {
  const { listen, connect, totalCount } = client as {
    listen?: PostgresJsListen;
    connect?: () => Promise<PgListener>;
    totalCount?: unknown;
  };
  if (typeof client === 'function' && typeof listen === 'function') {
    let isOver = false;
    const push = () => {
      if (!isOver) listener();
    };
    const { unlisten } = await listen(channel, push, push);
    return async () => {
      isOver = true;
      // Not awaited: over a connection that is dead it never ends.
      unlisten().catch(() => {});
    };
  }
  // A Client of pg has `connect` too, but is needed for the calls of the store.
  if (typeof connect !== 'function' || typeof totalCount !== 'number')
    throw invalidInput('client', 'watch needs a Pool of pg, or the sql function of postgres');
  return keepListening(async ({ push, lost }) => {
    const lent = await connect.call(client);
    let isReleased = false;
    const release = () => {
      if (!isReleased) lent.release(true);
      isReleased = true;
    };
    const gone = () => {
      release();
      lost();
    };
    lent.on('notification', push);
    lent.on('error', gone);
    lent.on('end', gone);
    try {
      await lent.query(`LISTEN "${channel}"`);
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }, listener);
}
