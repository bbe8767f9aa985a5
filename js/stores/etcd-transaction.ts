/** The transactions of an etcd store, in the form of the JSON gateway. */

import type { Range, Write } from '../api/store.js';
import { rangeBounds } from './checks.js';

/** The version of the keys, kept beside them. */
export const FORMAT = '1';

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/** One step of a transaction. */
type Operation = Record<string, unknown>;

type Comparison = Record<string, unknown>;

export interface Transaction {
  compare: Comparison[];
  success: Operation[];
  failure: Operation[];
}

export interface KeyValue {
  key: string;
  /** Absent if it is empty. */
  value?: string;
  mod_revision: string;
}

/** A part of the answer to a transaction. */
export interface OperationAnswer {
  response_range?: { kvs?: KeyValue[] };
}

export interface TransactionAnswer {
  succeeded?: boolean;
  responses?: OperationAnswer[];
}

/**
 * The transactions on the keys of one prefix. Each asserts the format, and reads it if it fails.
 */
export class Transactions {
  readonly #format: string;
  readonly #values: string;
  readonly #expiring: string;
  readonly #all: { key: string; range_end: string };

  constructor(prefix: string) {
    this.#format = encode(`${prefix}/format`);
    this.#values = `${prefix}/v/`;
    this.#expiring = `${prefix}/x/`;
    // "0" comes after "/".
    this.#all = { key: encode(`${prefix}/`), range_end: encode(`${prefix}0`) };
  }

  get(keys: readonly string[]): Transaction {
    return this.#ours(
      [],
      keys.map((key) => ({ request_range: { key: this.#valueKey(key) } })),
    );
  }

  list(range: Range): Transaction {
    const [from, before] = rangeBounds(range);
    const bounds = { key: this.#valueKey(from), range_end: this.#valueKey(before) };
    return this.#ours([], [{ request_range: { ...bounds, limit: String(range.limit) } }]);
  }

  /** The last answer lists what has expired. */
  commit(writes: readonly Write[], now: number): Transaction {
    const operations = writes.flatMap(({ key, value, expiresAt }): Operation[] => {
      if (value === undefined) return [];
      if (value === null) return [{ request_delete_range: { key: this.#valueKey(key) } }];
      const put = { request_put: { key: this.#valueKey(key), value: encode(value) } };
      if (expiresAt === undefined) return [put];
      return [put, { request_put: { key: encode(`${this.#expiring}${digits(expiresAt)}/${key}`) } }];
    });
    const expired = {
      key: encode(this.#expiring),
      range_end: encode(`${this.#expiring}${digits(Math.floor(now) + 1)}`),
      limit: String(SWEEP),
      keys_only: true,
    };
    return this.#ours(
      writes.flatMap((write) => this.#comparisons(write)),
      [...operations, { request_range: expired }],
    );
  }

  /**
   * Drops expired keys. A key that was written again has another revision than its entry among the
   * expiring ones, and stays.
   */
  sweep(expired: readonly KeyValue[]): Transaction {
    const success = expired.map((entry) => {
      const key = this.#valueKey(decode(entry.key).slice(this.#expiring.length + DIGITS + 1));
      const forget = { request_delete_range: { key: entry.key } };
      const compare = [{ target: 'MOD', key, mod_revision: entry.mod_revision }];
      return {
        request_txn: { compare, success: [{ request_delete_range: { key } }, forget], failure: [forget] },
      };
    });
    return { compare: [], success, failure: [] };
  }

  /** Writes the format where there is no key of the prefix. */
  migrate(): Transaction {
    return {
      compare: [{ target: 'CREATE', ...this.#all, create_revision: '0' }],
      success: [{ request_put: { key: this.#format, value: encode(FORMAT) } }],
      failure: [{ request_range: { key: this.#format } }],
    };
  }

  /** A read of the first revision of the cluster. */
  firstRevision(): object {
    return { key: this.#format, revision: '1' };
  }

  /** The heads of the change feed, to be watched. */
  watch(): object {
    return { key: this.#valueKey('feed/'), range_end: this.#valueKey('feed/\x7f') };
  }

  /** The key and value of an entry of `list`. */
  entryOf({ key, value = '' }: KeyValue): { key: string; value: string } {
    return { key: decode(key).slice(this.#values.length), value: decode(value) };
  }

  #comparisons({ key: name, expect }: Write): Comparison[] {
    if (expect === undefined) return [];
    const key = this.#valueKey(name);
    if (expect === null) return [{ target: 'CREATE', key, create_revision: '0' }];
    const equal = { target: 'VALUE', key, value: encode(expect) };
    // A missing key may be taken for an empty value.
    if (expect !== '') return [equal];
    return [equal, { target: 'CREATE', result: 'GREATER', key, create_revision: '0' }];
  }

  #ours(compare: Comparison[], success: Operation[]): Transaction {
    return {
      compare: [{ target: 'VALUE', key: this.#format, value: encode(FORMAT) }, ...compare],
      success,
      failure: [{ request_range: { key: this.#format } }],
    };
  }

  #valueKey(key: string): string {
    return encode(this.#values + key);
  }
}

const DIGITS = 16;

/** So that the order of texts is that of the numbers. */
const digits = (instant: number) => String(instant).padStart(DIGITS, '0');

const encoder = /* @__PURE__ */ new TextEncoder();
// A byte order mark is a part of a value.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** A call takes so many arguments. */
const CHUNK = 8_192;

/** Base64 of the UTF-8. */
export function encode(text: string): string {
  const bytes = encoder.encode(text);
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

export function decode(base64: string): string {
  return decoder.decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
