/** The calls of a store, each within its time and read strictly. */

import { LeastkeyError } from '../api/errors.js';
import type { Store, Write } from '../api/store.js';
import { backOff, type Deadline, TimeoutError, withTimeout } from '../runtime/deadline.js';
import type { Need, Reads } from '../runtime/protocol.js';
import { mergeValues, readApplied, readEntries, readValues, StoreAnswerError } from './response.js';

/** The most keys of one read that is to be of one instant. */
export const MAX_KEYS = 128;

/** How often a read is made at most whose store throws. A store that fails one call in seven fails so many in a row once in 80,000. */
const MAX_READ_ATTEMPTS = 6;

/** The values of keys. `begun` is the answer of the first attempt, if that has been made. */
export function readKeys(
  store: Pick<Store, 'get'>,
  keys: readonly string[],
  deadline: Deadline,
  begun?: Promise<unknown>,
): Promise<[key: string, value: string | null][]> {
  let first = begun;
  // Where the time is over before it is looked at, its failure is for nobody.
  begun?.then(undefined, () => {});
  return withRetries(deadline, async () => {
    const under = first;
    first = undefined;
    return readValues(keys, await callStore<unknown>(deadline, () => under ?? store.get([...keys])));
  });
}

/** Fetches what is needed and adds it to what has been read. */
export async function fetchReads(store: Store, need: Need, reads: Reads, deadline: Deadline): Promise<void> {
  if (need.keys.length > 0) mergeValues(reads, await readKeys(store, need.keys, deadline));
  if (need.list === undefined) return;
  const range = need.list;
  const entries = await withRetries(deadline, async () =>
    readEntries(range, await callStore(deadline, () => store.list({ ...range }))),
  );
  reads.lists.push({ range, entries });
}

/** Whether the writes were applied. What it throws leaves that open, unless it is a `LeastkeyError`. */
export async function commitWrites(store: Store, writes: Write[], deadline: Deadline): Promise<boolean> {
  return readApplied(await callStore(deadline, () => store.commit(writes)));
}

/**
 * Repeats a read whose store throws, after a moment that grows. A store that says itself that it is not available, breaks its contract or
 * takes too long is not asked again.
 */
async function withRetries<T>(deadline: Deadline, read: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await read();
    } catch (failure) {
      if (!isTransient(failure) || deadline.signal?.aborted || attempt + 1 >= MAX_READ_ATTEMPTS)
        throw failure;
      if (!(await backOff(attempt, deadline))) throw failure;
    }
  }
}

function isTransient(failure: unknown): boolean {
  return !(
    failure instanceof LeastkeyError ||
    failure instanceof StoreAnswerError ||
    failure instanceof TimeoutError
  );
}

/** One call of the store. It gets half of the whole time at most, so that there is some left to find out what became of it. */
function callStore<T>(deadline: Deadline, call: () => T | Promise<T>): Promise<T> {
  deadline.throwIfPassed();
  return withTimeout(call(), Math.min(deadline.left, deadline.total / 2), deadline.signal);
}
