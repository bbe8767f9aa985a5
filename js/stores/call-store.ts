/** Calls of a store, each with a timeout and a checked answer. */

import { LeastkeyError } from '../api/errors.js';
import type { Store, Write } from '../api/store.js';
import { backOff, type Deadline, TimeoutError, withTimeout } from '../runtime/deadline.js';
import type { Need, Reads } from '../runtime/protocol.js';
import { mergeValues, readApplied, readEntries, readValues, StoreAnswerError } from './response.js';

/** The most keys of one consistent read. */
export const MAX_KEYS = 128;

/**
 * How often a failing read is attempted. A store that fails one call in seven fails this often in a
 * row once in 80,000 reads.
 */
const MAX_READ_ATTEMPTS = 6;

/** The values of keys. `begun`: the answer of the first attempt, if it has been made. */
export function readKeys(
  store: Pick<Store, 'get'>,
  keys: readonly string[],
  deadline: Deadline,
  begun?: Promise<unknown>,
): Promise<[key: string, value: string | null][]> {
  let first = begun;
  // If the deadline passes first, its rejection must not go unhandled.
  begun?.then(undefined, () => {});
  return withRetries(deadline, async () => {
    const under = first;
    first = undefined;
    return readValues(keys, await callStore<unknown>(deadline, () => under ?? store.get([...keys])));
  });
}

/** Reads what the core asks for, and adds it to `reads`. */
export async function fetchReads(store: Store, need: Need, reads: Reads, deadline: Deadline): Promise<void> {
  if (need.keys.length > 0) mergeValues(reads, await readKeys(store, need.keys, deadline));
  if (need.list === undefined) return;
  const range = need.list;
  const entries = await withRetries(deadline, async () =>
    readEntries(range, await callStore(deadline, () => store.list({ ...range }))),
  );
  reads.lists.push({ range, entries });
}

/**
 * Whether the writes were applied. If it throws anything but a `LeastkeyError`, that is unknown.
 */
export async function commitWrites(store: Store, writes: Write[], deadline: Deadline): Promise<boolean> {
  return readApplied(await callStore(deadline, () => store.commit(writes)));
}

/**
 * Retries a read with backoff. It does not retry after a `LeastkeyError`, a broken contract or a
 * timeout.
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

/**
 * One call of the store. It gets at most half of the deadline, so that there is time left to find
 * out its outcome.
 */
function callStore<T>(deadline: Deadline, call: () => T | Promise<T>): Promise<T> {
  deadline.throwIfPassed();
  return withTimeout(call(), Math.min(deadline.left, deadline.total / 2), deadline.signal);
}
