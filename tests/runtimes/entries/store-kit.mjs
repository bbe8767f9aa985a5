/** The kit as tests of a runner: on a store that keeps its promises, and on one that does not. */

import { storeTests } from 'leastkey/store-kit';
import { memoryStore } from 'leastkey/stores/memory';

export function onMemory(test) {
  storeTests(
    'memory',
    () => {
      let now = 0;
      return {
        store: memoryStore({ now: () => now }),
        setClock(instant) {
          now = instant;
        },
      };
    },
    { test },
  );
}

/** It acknowledges a commit without comparing. */
export function onCareless(test) {
  storeTests(
    'careless',
    () => {
      const inner = memoryStore();
      const blind = (writes) => inner.commit(writes.map(({ expect: _, ...write }) => write));
      const [get, list] = [(keys) => inner.get(keys), (range) => inner.list(range)];
      return { store: { get, list, commit: blind } };
    },
    { test },
  );
}
