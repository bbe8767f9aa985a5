/**
 * `meta/deployment`: which deployment owns a store. The core decides; these messages go to
 * `onError`.
 */

import { LeastkeyError } from '../api/errors.js';
import type { Reads } from '../runtime/protocol.js';

/** The key. */
export const STORE_META = 'meta/deployment';

/** The mark of a store that is not in use: `MOVED` of src/storage/store_meta.rs. */
export const MOVED = '{"moved":true}';

/** The format that this version reads. */
const FORMAT = 1;

/** What `Prefix::parse` of src/value/credential/prefix.rs accepts. Anything else is not shown. */
const PREFIX = /^(?=.{1,32}$)[0-9A-Za-z]+(?:_[0-9A-Za-z]+)*$/;

/** Why a store belongs to another deployment, by values of one read; `undefined` if it does not. */
export function foreignStoreError({ values }: Reads, prefix: string): LeastkeyError | undefined {
  const read = values.find(([key]) => key === STORE_META);
  if (read === undefined) return undefined;
  const [, stored] = read;
  if (stored === null) {
    if (values.every(([, value]) => value === null)) return undefined;
    return foreignStore(
      `the store was made by an older version of Leastkey: it has tokens but no ${STORE_META}`,
    );
  }
  if (stored === MOVED) {
    return foreignStore(
      'the store is not in use: its content was moved to another store, or a move into it is not finished; use the store that it was moved to',
    );
  }
  const { form } = bodyOf(stored);
  if (form !== FORMAT && Number.isInteger(form)) {
    return foreignStore(
      `the store was made by a newer version of Leastkey: its ${STORE_META} has the form ${form}, and this version reads form ${FORMAT}`,
    );
  }
  const theirs = storedPrefix(stored);
  if (theirs === undefined || theirs === prefix) return undefined;
  return foreignStore(
    `the store belongs to the deployment with the prefix "${theirs}", and this one has the prefix "${prefix}": give the prefix "${theirs}", or another store`,
  );
}

/** The prefix of the deployment that owns a store, by the value of {@link STORE_META}. */
export function storedPrefix(stored: string | null): string | undefined {
  const { prefix } = bodyOf(stored ?? 'null');
  return typeof prefix === 'string' && PREFIX.test(prefix) ? prefix : undefined;
}

/** The number of shards of the change feed, by the value of {@link STORE_META}. */
export function shardsOf(stored: string): number {
  const { shards } = bodyOf(stored);
  return typeof shards === 'number' && [16, 32, 64].includes(shards) ? shards : 16;
}

/** The keys of the heads of all shards of the change feed. */
export function feedHeads(shards: number): string[] {
  const digits = shards > 16 ? 2 : 1;
  return Array.from({ length: shards }, (_, shard) => `feed/${shard.toString(16).padStart(digits, '0')}`);
}

/** The stored object, sealed or not. */
function bodyOf(stored: string): { prefix?: unknown; form?: unknown; shards?: unknown } {
  try {
    const read = JSON.parse(stored);
    return Object(read?.value ?? read);
  } catch {
    return {};
  }
}

function foreignStore(message: string): LeastkeyError {
  return new LeastkeyError('store_unavailable', message);
}
