/** Checks the answers of a store against the storage contract. */

import type { Entry, Range, Write } from '../api/store.js';
import { kindOf } from '../input/options.js';
import type { Reads } from '../runtime/protocol.js';

/** An answer that breaks the storage contract. The message never quotes it. */
export class StoreAnswerError extends Error {
  override readonly name = 'StoreAnswerError';
}

/** Far above any bound of src/storage/bounds.rs: Leastkey writes no longer value. */
const MAX_VALUE_LENGTH = 1_000_000;

/** The answer of `get`, paired with its keys. */
export function readValues(keys: readonly string[], answer: unknown): [key: string, value: string | null][] {
  if (!Array.isArray(answer) || answer.length !== keys.length) {
    throw new StoreAnswerError(`get must return an array as long as its keys (${keys.length})`);
  }
  return keys.map((key, index) => {
    const value: unknown = answer[index];
    if (value !== null && !isValue(value))
      throw new StoreAnswerError(
        `get must return a string or null for each key, returned ${kindOf(value)}: return the text unchanged, unparsed`,
      );
    return [key, value];
  });
}

/** Adds values to reads. They replace earlier values of the same keys. */
export function mergeValues(reads: Reads, values: Reads['values']): void {
  if (reads.values.length === 0) {
    reads.values = values;
    return;
  }
  const fresh = new Set(values.map(([key]) => key));
  reads.values = [...reads.values.filter(([key]) => !fresh.has(key)), ...values];
}

/** The answer of `list` for `range`. */
export function readEntries(range: Range, answer: unknown): [key: string, value: string][] {
  if (!Array.isArray(answer) || answer.length > range.limit) {
    throw new StoreAnswerError(`list must return an array of at most limit (${range.limit}) entries`);
  }
  let last = range.after ?? '';
  return Array.from(answer as (Partial<Entry> | null | undefined)[], (entry) => {
    const { key, value } = entry ?? {};
    if (typeof key !== 'string' || !isValue(value)) {
      throw new StoreAnswerError('list must return entries with a string key and a string value');
    }
    if (!key.startsWith(range.prefix) || key <= last) {
      throw new StoreAnswerError(
        'list must return keys with the prefix, after `after`, in ascending byte order',
      );
    }
    last = key;
    return [key, value];
  });
}

/** The answer of `commit`. */
export function readApplied(answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw new StoreAnswerError('commit must return true or false');
  return answer;
}

function isValue(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * A value for the core. An empty text, which is damaged like anything that is not JSON, replaces
 * one that is too long.
 */
export function boundValue(value: string | null): string | null {
  return value !== null && value.length > MAX_VALUE_LENGTH ? '' : value;
}

/**
 * The reads for the core. An empty text, which is damaged like anything that is not JSON, replaces
 * a value that is too long. So one such value is reported, and does not block the others.
 */
export function boundValues(reads: Reads): Reads {
  const { values, lists } = reads;
  const isLong = ([, value]: readonly [string, string | null]) =>
    value !== null && value.length > MAX_VALUE_LENGTH;
  if (!values.some(isLong) && !lists.some(({ entries }) => entries.some(isLong))) return reads;
  return {
    values: values.map((pair) => (isLong(pair) ? [pair[0], ''] : pair)),
    lists: lists.map(({ range, entries }) => ({
      range,
      entries: entries.map((pair) => (isLong(pair) ? [pair[0], ''] : pair)),
    })),
  };
}

/** Writes that were planned on bounded reads, with the stored values as their expectations. */
export function restoreExpectations(writes: Write[], { values }: Reads): Write[] {
  if (!writes.some(({ expect }) => expect === '')) return writes;
  const read = new Map(values);
  return writes.map((write) =>
    write.expect === '' ? { ...write, expect: read.get(write.key) ?? '' } : write,
  );
}
