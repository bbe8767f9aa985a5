import type { Store, WatchableStore } from '../api/store.js';
import { invalidInput } from '../input/options.js';
import { isThenable } from '../runtime/deadline.js';
import { changesFeed } from './keep-listening.js';

/**
 * A store that pushes over a `BroadcastChannel`: to the tabs and workers of a page with
 * `indexedDbStore`, or to the threads of a server with `sqliteStore`. Other processes hear nothing.
 *
 * @param store any store that all of them share
 * @param name the channel; all of them name the same one
 * @throws {LeastkeyError} `invalid_input` for a wrong name
 *
 * @example
 * const store = broadcastStore(await indexedDbStore({ name: 'acme-tokens' }), 'acme-tokens');
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_dev', freshness: '1m' });
 * const stop = await store.watch(() => tokens.invalidate());
 */
export function broadcastStore(store: Store, name: string): WatchableStore {
  if (typeof name !== 'string' || name === '') throw invalidInput('name', 'expected a text');
  let sender: BroadcastChannel | undefined;
  const tell = () => {
    sender ??= open(name);
    // The message says nothing: what is believed comes from the store.
    sender.postMessage(null);
  };
  return {
    get: (keys) => store.get(keys),
    list: (range) => store.list(range),
    commit(writes) {
      const applied = store.commit(writes);
      if (!changesFeed(writes)) return applied;
      if (!isThenable(applied)) {
        if (applied) tell();
        return applied;
      }
      // Told after a rejection too: the commit may have been applied.
      return applied.finally(tell);
    },
    async watch(listener) {
      const channel = open(name);
      channel.onmessage = () => listener();
      return async () => channel.close();
    },
  };
}

/** In Node an open channel keeps a process running that has nothing else to do. */
function open(name: string): BroadcastChannel {
  const channel = new BroadcastChannel(name);
  (channel as { unref?(): void }).unref?.();
  return channel;
}
