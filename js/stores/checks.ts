import { LeastkeyError } from '../api/errors.js';
import type { Range, Write } from '../api/store.js';

const MAX_KEY_BYTES = 512;
const MAX_WRITES = 32;
const MAX_ENTRIES = 1_000;
const PRINTABLE_ASCII = /^[ -~]*$/;
/** With the `u` flag a surrogate pair is one character, so this matches lone surrogates only. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function refuseArgument(path: string, message: string): never {
  throw new LeastkeyError('invalid_input', `${path}: ${message}`, { path });
}

/** `place`: the path of the key, or its index among `keys`, of which only an error makes a path. */
function checkKey(key: unknown, place: string | number, shortest: 0 | 1): asserts key is string {
  if (typeof key !== 'string') refuseKey(place, `expected a string, got ${typeof key}`);
  if (key.length < shortest || key.length > MAX_KEY_BYTES) {
    refuseKey(place, `expected ${shortest} to ${MAX_KEY_BYTES} characters, got ${key.length}`);
  }
  if (!PRINTABLE_ASCII.test(key)) refuseKey(place, 'expected printable ASCII');
}

function refuseKey(place: string | number, message: string): never {
  refuseArgument(typeof place === 'number' ? `keys[${place}]` : place, message);
}

/** What a text column returns unchanged: well-formed Unicode without U+0000. */
function checkValue(value: unknown, path: string): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'string')
    refuseArgument(path, `expected a string, null or undefined, got ${typeof value}`);
  if (LONE_SURROGATE.test(value) || value.includes('\0'))
    refuseArgument(path, 'expected well-formed Unicode without U+0000');
}

/** Refuses a `get` outside the storage contract. */
export function checkKeys(keys: readonly string[]): void {
  if (!Array.isArray(keys)) refuseArgument('keys', 'expected an array');
  for (let at = 0; at < keys.length; at++) checkKey(keys[at], at, 1);
}

/**
 * The keys of a range: from the first text, before the second. Keys are printable ASCII, so 0x01
 * comes before every character of one, and 0x7f after. One lower bound, because SQLite searches by
 * one only, and would scan all keys before the prefix.
 */
export function rangeBounds({ prefix, after = '' }: Range): [from: string, before: string] {
  const from = after !== '' && after >= prefix ? `${after}\x01` : prefix;
  return [from, `${prefix}\x7f`];
}

/** Refuses a `list` outside the storage contract. */
export function checkRange({ prefix, after, limit }: Range): void {
  checkKey(prefix, 'prefix', 0);
  if (after !== undefined) checkKey(after, 'after', 1);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_ENTRIES) {
    refuseArgument('limit', `expected a whole number from 1 to ${MAX_ENTRIES}`);
  }
}

/** Refuses a `commit` outside the storage contract, before anything is applied. */
export function checkWrites(writes: readonly Write[]): void {
  if (!Array.isArray(writes) || writes.length < 1 || writes.length > MAX_WRITES) {
    refuseArgument('writes', `expected an array of 1 to ${MAX_WRITES} writes`);
  }
  const seen = new Set<string>();
  for (const [index, { key, expect, value, expiresAt }] of writes.entries()) {
    const path = `writes[${index}]`;
    checkKey(key, `${path}.key`, 1);
    if (seen.has(key)) refuseArgument(`${path}.key`, 'an earlier write has the same key');
    seen.add(key);
    checkValue(expect, `${path}.expect`);
    checkValue(value, `${path}.value`);
    if (expiresAt === undefined) continue;
    if (typeof value !== 'string') refuseArgument(`${path}.expiresAt`, 'only allowed with a value');
    if (!Number.isSafeInteger(expiresAt) || expiresAt < 0) {
      refuseArgument(
        `${path}.expiresAt`,
        'expected milliseconds since the epoch, a whole number from 0 to 2^53 - 1',
      );
    }
  }
}

/**
 * Refuses a `commit` with a value that is too long for the database. The outcome is certain:
 * nothing was applied.
 *
 * @param most the most UTF-8 bytes of a row: a key with its value or expectation
 */
export function checkSizes(writes: readonly Write[], most: number, database: string): void {
  for (const { key, expect, value } of writes) {
    if ([expect, value].every((text) => key.length + bytesOf(text, most) <= most)) continue;
    throw new LeastkeyError(
      'store_unavailable',
      `a value is too long for ${database}, which takes ${most} bytes with its key; nothing was changed`,
      { cause: new Error(`the value of ${key}`) },
    );
  }
}

/** Bytes in UTF-8. A UTF-16 unit needs at most three, so short texts are not counted. */
function bytesOf(text: string | null | undefined, most: number): number {
  if (typeof text !== 'string') return 0;
  const atMost = text.length * 3;
  return atMost + MAX_KEY_BYTES <= most ? atMost : new TextEncoder().encode(text).length;
}
