/**
 * Moves the content of a store to another one. The source is marked as moved first: from then on
 * changes of it are refused and verifications answer `store_unavailable`, so nothing is lost.
 *
 * @packageDocumentation
 */

import { LeastkeyError } from '../api/errors.js';
import type { Entry, Store, Write } from '../api/store.js';
import { sleep } from '../runtime/deadline.js';
import { expiryOf } from './copied-expiry.js';
import { feedHeads, MOVED, STORE_META, shardsOf } from './store-meta.js';

/** The original of `meta/deployment`: in both stores while a copy is made, later in the source. */
const ORIGINAL = 'copy/deployment';

/** What is not copied: the marks, and the change feed, of which the target has a new one. */
const APART = /^(?:copy|feed)\/|^meta\/deployment$/;

const PAGE = 500;
const MAX_WRITES = 32;
/** The most characters of one commit, with its expectations. */
const MAX_COMMIT = 300_000;

export interface CopyProgress {
  /** Which comparison of the two stores this is, from 1. */
  pass: number;
  /** Keys of the source that were compared in this pass. */
  compared: number;
  /** Keys of the target that were written or deleted in all. */
  written: number;
}

export interface CopyOptions {
  /**
   * How long calls that began before the mark may still write, in milliseconds: at least the
   * `deadline` of all deployments on the source. Default 15,000.
   */
  wait?: number;
  onProgress?: (progress: CopyProgress) => void;
  /** Ends the copy; the same call continues it later. */
  signal?: AbortSignal;
  /** The clock, in milliseconds. */
  now?: () => number;
}

export interface CopyReport {
  /** The keys that the target has from the source. */
  keys: number;
  /** Keys that this call wrote or deleted. */
  written: number;
  passes: number;
}

/**
 * Moves everything from one store to an empty one, and compares both until they are equal. A call
 * that ended early is continued by the same call. The source keeps its content and the mark.
 *
 * @throws {LeastkeyError} `conflict` if the target has other content or the source is not in use
 *
 * @example
 * const report = await copyStore(sqliteStore({ path: 'tokens.db' }), postgresStore(pool));
 */
export async function copyStore(from: Store, to: Store, options: CopyOptions = {}): Promise<CopyReport> {
  const { wait = 15_000, now = Date.now, onProgress, signal } = options;
  const original = await originalOf(from);
  await claimTarget(to, original);
  const marked = performance.now();
  await markMoved(from, original);
  let written = 0;
  for (let pass = 1; ; pass++) {
    const isLast = performance.now() - marked >= wait;
    const compared = await comparePass(from, to, now, (keys, changes) => {
      signal?.throwIfAborted();
      onProgress?.({ pass, compared: keys, written: written + changes });
    });
    written += compared.changes;
    if (isLast && compared.changes === 0) {
      if (!(await unmark(to, original)))
        throw conflict('the target changed meanwhile: another copy into it may have ended');
      return { keys: compared.keys, written, passes: pass };
    }
    if (compared.changes === 0) await sleep(Math.max(0, wait - (performance.now() - marked)), signal);
  }
}

/**
 * Takes the mark from the source of a copy, so that it can be used again. Only right if nothing has
 * used the target.
 *
 * @throws {LeastkeyError} `conflict` if the store has no mark
 */
export async function undoMove(from: Store): Promise<void> {
  const [meta = null, original = null] = await from.get([STORE_META, ORIGINAL]);
  if (meta !== MOVED || original === null)
    throw conflict('the store was not moved; there is nothing to undo');
  // The heads first: while one of them has the mark, the store must refuse.
  for (const head of feedHeads(shardsOf(original)))
    await from.commit([{ key: head, expect: MOVED, value: null }]);
  if (!(await unmark(from, original))) throw conflict('the store changed meanwhile; try again');
}

async function originalOf(from: Store): Promise<string> {
  const [meta = null, original = null] = await from.get([STORE_META, ORIGINAL]);
  if (meta === null)
    throw conflict('the source has no meta/deployment: it was never used, so there is nothing to copy');
  if (meta !== MOVED) return meta;
  if (original === null) throw conflict('the source has the mark of a move, but not what was there before');
  return original;
}

/** Marks the empty target, so that nothing uses it before it is complete. */
async function claimTarget(to: Store, original: string): Promise<void> {
  const [meta = null, begun = null] = await to.get([STORE_META, ORIGINAL]);
  if (meta === MOVED && begun === original) return;
  const entries = await to.list({ prefix: '', limit: 1 });
  const claimed =
    entries.length === 0 &&
    (await to.commit([
      { key: STORE_META, expect: null, value: MOVED },
      { key: ORIGINAL, expect: null, value: original },
    ]));
  if (!claimed)
    throw conflict(
      'the target is not empty: give an empty store, or the one of the same copy that did not end',
    );
}

/** From here on changes of the source are refused. Changes under way meet the marked heads. */
async function markMoved(from: Store, original: string): Promise<void> {
  await replace(from, STORE_META, MOVED, { key: ORIGINAL, value: original });
  for (const head of feedHeads(shardsOf(original))) await replace(from, head, MOVED);
}

/** Puts a value in place of whatever is there: other writers may be quicker a few times. */
async function replace(store: Store, key: string, value: string, ...more: Write[]): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const [found = null] = await store.get([key]);
    if (found === value || (await store.commit([{ key, expect: found, value }, ...more]))) return;
  }
  throw new LeastkeyError('store_unavailable', `${key} changes all the time; try again`);
}

/** Walks through both stores in the order of their keys, and makes the target like the source. */
async function comparePass(
  from: Store,
  to: Store,
  now: () => number,
  onPage: (keys: number, changes: number) => void,
): Promise<{ keys: number; changes: number }> {
  const [source, target] = [new Walk(from), new Walk(to)];
  const batch = new Batch(to);
  let keys = 0;
  for (;;) {
    const [here, there] = [await source.peek(), await target.peek()];
    if (here === undefined && there === undefined) break;
    if (there !== undefined && (here === undefined || there.key < here.key)) {
      await batch.add({ key: there.key, expect: there.value, value: null });
      target.next();
      continue;
    }
    const { key, value } = here as Entry;
    const same = there?.key === key;
    if (!same || there.value !== value)
      await batch.add({ key, expect: same ? there.value : null, value, ...expiryOf(key, value, now()) });
    if (same) target.next();
    source.next();
    keys += 1;
    if (keys % PAGE === 0) onPage(keys, batch.changes);
  }
  await batch.flush();
  onPage(keys, batch.changes);
  return { keys, changes: batch.changes };
}

/** The entries of a store in the order of their keys, without those that are not copied. */
class Walk {
  readonly #store: Store;
  #page: Entry[] = [];
  #after: string | undefined;
  #ended = false;

  constructor(store: Store) {
    this.#store = store;
  }

  async peek(): Promise<Entry | undefined> {
    while (this.#page.length === 0 && !this.#ended) {
      const page = await this.#store.list({
        prefix: '',
        limit: PAGE,
        ...(this.#after !== undefined && { after: this.#after }),
      });
      this.#after = page.at(-1)?.key;
      this.#ended = page.length < PAGE;
      this.#page = page.filter(({ key }) => !APART.test(key)).reverse();
    }
    return this.#page.at(-1);
  }

  next(): void {
    this.#page.pop();
  }
}

/** Collects writes into commits within the bounds of a store. */
class Batch {
  readonly #store: Store;
  #writes: Write[] = [];
  #characters = 0;
  changes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async add(write: Write): Promise<void> {
    const characters = write.key.length + (write.value?.length ?? 0) + (write.expect?.length ?? 0);
    if (this.#writes.length === MAX_WRITES || this.#characters + characters > MAX_COMMIT) await this.flush();
    this.#writes.push(write);
    this.#characters += characters;
  }

  async flush(): Promise<void> {
    const writes = this.#writes;
    if (writes.length === 0) return;
    this.#writes = [];
    this.#characters = 0;
    this.changes += writes.length;
    // What was changed by another copy or a sweep is compared again in the next pass.
    await this.#store.commit(writes);
  }
}

/** Puts `meta/deployment` back in place of the mark. `false`: the store changed meanwhile. */
async function unmark(store: Store, original: string): Promise<boolean> {
  return store.commit([
    { key: STORE_META, expect: MOVED, value: original },
    { key: ORIGINAL, expect: original, value: null },
  ]);
}

function conflict(message: string): LeastkeyError {
  return new LeastkeyError('conflict', message);
}
