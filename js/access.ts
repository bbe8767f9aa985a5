/** The calls of a store, each within its time and read strictly. */

import type { Need, Reads } from './boundary.js';
import { readApplied, readEntries, readValues } from './stored.js';
import type { Store, Write } from './stores/store.js';
import { type Deadline, within } from './time-limit.js';

/** Fetches what is needed and adds it to what has been read. */
export async function fetchNeed(store: Store, need: Need, reads: Reads, deadline: Deadline): Promise<void> {
  if (need.keys.length > 0) {
    const answer = await ask(deadline, () => store.get([...need.keys]));
    reads.values.push(...readValues(need.keys, answer));
  }
  if (need.list !== undefined) {
    const range = need.list;
    const answer = await ask(deadline, () => store.list({ ...range }));
    reads.lists.push({ range, entries: readEntries(range, answer) });
  }
}

/** Whether the writes were applied. What it throws leaves that open, unless it is a `LeastkeyError`. */
export async function commitWrites(store: Store, writes: Write[], deadline: Deadline): Promise<boolean> {
  return readApplied(await ask(deadline, () => store.commit(writes)));
}

/** One call of the store. It gets half of the whole time at most, so that there is some left to find out what became of it. */
function ask<T>(deadline: Deadline, call: () => T | Promise<T>): Promise<T> {
  deadline.refusePassed();
  return awaited(call(), deadline);
}

/** What a call of the store that was made comes to. */
export function awaited<T>(answer: T | Promise<T>, deadline: Deadline): Promise<T> {
  return within(answer, Math.min(deadline.left, deadline.whole / 2), deadline.signal);
}
