import type { Duration } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { DatabaseStore, Entry, Range, WatchableStore, Write } from '../api/store.js';
import { parseDuration } from '../input/duration.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';
import { EtcdError, EtcdNodes, type Gateway, isCompacted, RESOURCE_EXHAUSTED } from './etcd-gateway.js';
import {
  decode,
  FORMAT,
  type KeyValue,
  type OperationAnswer,
  type Transaction,
  type TransactionAnswer,
  Transactions,
} from './etcd-transaction.js';
import { readWatch } from './etcd-watch.js';
import { keepListening } from './keep-listening.js';

export interface EtcdStoreOptions {
  /** The URLs of the nodes, such as `http://10.0.0.1:2379`: all of them, so that one may fail. */
  endpoints: string | readonly string[];
  /** The first part of all keys. Two deployments in one etcd need two. Default `leastkey`. */
  prefix?: string;
  /** A user of etcd, where authentication is on. */
  user?: string;
  password?: string;
  /**
   * Sends the requests; give one of your own for client certificates. Default: the global `fetch`.
   */
  fetch?: typeof fetch;
  /** The longest that one node may take to answer. Default `'1500ms'`. */
  timeout?: Duration;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

const TIMEOUT = '1500ms';

/** The most operations of a transaction, by etcd's default. */
const MAX_OPERATIONS = 128;

/**
 * A store in an etcd cluster (3.4 or later), over its JSON gateway: `fetch` is all that it needs. A
 * cluster of three nodes loses no acknowledged change when one of them dies. Call `migrate()` once
 * before the first use.
 *
 * A read goes from one node to the next until one answers. A commit is sent once: if its answer is
 * lost, the call rejects, and Leastkey reads whether it was applied.
 *
 * etcd keeps all versions until they are compacted, and refuses writes when its quota is full:
 * start it with `--auto-compaction-retention`. `check()` looks at that.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option
 *
 * @example
 * const endpoints = ['http://10.0.0.1:2379', 'http://10.0.0.2:2379', 'http://10.0.0.3:2379'];
 * const store = etcdStore({ endpoints });
 * await store.migrate();
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 */
export function etcdStore(options: EtcdStoreOptions): EtcdStore {
  const known = ['endpoints', 'prefix', 'user', 'password', 'fetch', 'timeout', 'now'];
  refuseUnknownOptions(options, known, 'etcdStore');
  const { prefix = 'leastkey', user, password, now } = options;
  if (typeof prefix !== 'string' || !/^[\w.:/-]{0,63}[\w.:-]$/.test(prefix))
    throw invalidInput('prefix', 'expected 1 to 64 letters, digits, _ . : / or -, without a / at the end');
  const timeout = parseDuration(options.timeout ?? TIMEOUT, 'timeout');
  if (timeout < 1 || timeout > 60_000)
    throw invalidInput('timeout', 'expected a duration from "1ms" to "60s"');
  for (const [path, text] of Object.entries({ user, password })) {
    if (text !== undefined && (typeof text !== 'string' || text === ''))
      throw invalidInput(path, 'expected a text');
  }
  const gateway = {
    endpoints: readEndpoints(options.endpoints),
    user,
    password,
    timeout,
    // Some platforms refuse a call of `fetch` with another `this`.
    fetch: options.fetch ?? ((...request: Parameters<typeof fetch>) => fetch(...request)),
  };
  return new GatewayStore(gateway, prefix, sweepClock(now));
}

function readEndpoints(endpoints: unknown): string[] {
  const list: unknown[] = Array.isArray(endpoints) ? endpoints : [endpoints];
  const urls = list.map((endpoint) => {
    if (typeof endpoint === 'string' && /^https?:\/\/[^/?#@]+\/?$/.test(endpoint))
      return endpoint.replace(/\/$/, '');
    // Not quoted: it may have a password in it.
    throw invalidInput(
      'endpoints',
      'expected URLs of nodes, such as http://10.0.0.1:2379, without user and path',
    );
  });
  if (urls.length === 0) throw invalidInput('endpoints', 'expected at least one');
  return urls;
}

/** A store in etcd. It pushes without an option: etcd has watches. */
export interface EtcdStore extends DatabaseStore, Pick<WatchableStore, 'watch'> {}

class GatewayStore implements EtcdStore {
  readonly #nodes: EtcdNodes;
  readonly #timeout: number;
  readonly #prefix: string;
  readonly #transactions: Transactions;
  readonly #now: () => number;

  constructor(gateway: Gateway, prefix: string, now: () => number) {
    this.#nodes = new EtcdNodes(gateway);
    this.#timeout = gateway.timeout;
    this.#prefix = prefix;
    this.#transactions = new Transactions(prefix);
    this.#now = now;
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    const values: (string | null)[] = [];
    for (let at = 0; at < keys.length; at += MAX_OPERATIONS) {
      const part = this.#transactions.get(keys.slice(at, at + MAX_OPERATIONS));
      for (const { response_range } of await this.#read(part)) {
        const [found] = response_range?.kvs ?? [];
        values.push(found === undefined ? null : decode(found.value ?? ''));
      }
    }
    return values;
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    const [answer] = await this.#read(this.#transactions.list(range));
    return (answer?.response_range?.kvs ?? []).map((entry) => this.#transactions.entryOf(entry));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    const { succeeded, responses = [] } = await this.#change(this.#transactions.commit(writes, this.#now()));
    if (!succeeded) {
      this.#refuseFormat(responses);
      return false;
    }
    await this.#sweep(responses.at(-1)?.response_range?.kvs ?? []);
    return true;
  }

  async migrate(): Promise<void> {
    const { succeeded, responses = [] } = await this.#change(this.#transactions.migrate());
    if (succeeded) return;
    if (formatOf(responses) === undefined)
      throw refusal(`the keys below ${this.#prefix}/ belong to another program; give another prefix`);
    this.#refuseFormat(responses);
  }

  async check(): Promise<string[]> {
    await this.#read(this.#transactions.get([]));
    const { alarms = [] } = (await this.#ask('maintenance/alarm', { action: 'GET' })) as {
      alarms?: { alarm?: string }[];
    };
    if (alarms.some(({ alarm }) => alarm === 'NOSPACE')) throw refusal(NO_SPACE);
    if (alarms.some(({ alarm }) => alarm === 'CORRUPT'))
      throw refusal('a node has found its data damaged (alarm CORRUPT); replace that node');
    return [...(await this.#adviceOnSize()), ...(await this.#adviceOnCompaction())];
  }

  watch(listener: () => void): Promise<() => Promise<void>> {
    const body = { create_request: this.#transactions.watch() };
    const request = (signal: AbortSignal) => this.#nodes.open('watch', body, signal);
    return keepListening((pushes) => readWatch(request, this.#timeout, pushes), listener);
  }

  /** The answers of a transaction that only reads. */
  async #read(transaction: Transaction): Promise<OperationAnswer[]> {
    const { succeeded, responses = [] } = (await this.#nodes.read('kv/txn', transaction).catch((error) => {
      throw error instanceof EtcdError && error.isDenial ? this.#refusalOf(error) : error;
    })) as TransactionAnswer;
    if (!succeeded) this.#refuseFormat(responses);
    return responses;
  }

  async #change(transaction: Transaction): Promise<TransactionAnswer> {
    try {
      return (await this.#nodes.change('kv/txn', transaction)) as TransactionAnswer;
    } catch (error) {
      if (error instanceof EtcdError && error.isRefusal) throw this.#refusalOf(error);
      throw error;
    }
  }

  /** A node answered that it did nothing. */
  #refusalOf(error: EtcdError): LeastkeyError {
    const isFull = error.code === RESOURCE_EXHAUSTED && /space exceeded/.test(error.message);
    const words = error.message.replace(/^etcd: (etcdserver: |mvcc: )?/, '');
    const cure = error.isDenial
      ? `: give a user with its password that may use all keys below ${this.#prefix}/ (etcdctl role grant-permission … readwrite --prefix=true ${this.#prefix}/)`
      : '';
    return refusal(`${isFull ? NO_SPACE : words + cure}; nothing was changed`, error);
  }

  /** The commit was applied, whatever becomes of this: expired keys may linger. */
  async #sweep(expired: KeyValue[]): Promise<void> {
    if (expired.length === 0) return;
    try {
      await this.#nodes.change('kv/txn', this.#transactions.sweep(expired));
    } catch {
      // The next commit tries again.
    }
  }

  /** Throws unless the transaction failed for another reason than the format. */
  #refuseFormat(responses: OperationAnswer[]): void {
    const format = formatOf(responses);
    if (format === FORMAT) return;
    throw refusal(
      format === undefined
        ? `there is no store with the prefix ${this.#prefix}; call migrate() once. If there was one, etcd has lost its data: restore a snapshot`
        : `the store was made by another version of Leastkey (format ${format}; this one knows ${FORMAT}): update leastkey`,
    );
  }

  async #ask(path: string, body: object): Promise<unknown> {
    try {
      return await this.#nodes.read(path, body);
    } catch (error) {
      if (error instanceof EtcdError && error.isRefusal) throw this.#refusalOf(error);
      throw error;
    }
  }

  async #adviceOnSize(): Promise<string[]> {
    const status = (await this.#ask('maintenance/status', {})) as { dbSize?: string; dbSizeQuota?: string };
    const quota = Number(status.dbSizeQuota) || (await this.#quota()) || DEFAULT_QUOTA;
    const used = Number(status.dbSize ?? 0) / quota;
    if (used < 0.8) return [];
    return [
      `etcd: the database has ${Math.round(used * 100)} % of its quota of ${quota} bytes, at which it refuses every change; compact and defragment it, or raise --quota-backend-bytes`,
    ];
  }

  /** Older versions tell the quota in their metrics only. */
  async #quota(): Promise<number> {
    const text = (await this.#nodes.metrics()) ?? '';
    return Number(/^etcd_server_quota_backend_bytes (\S+)/m.exec(text)?.[1] ?? 0);
  }

  /** Whether anything compacts the history: after many revisions, the first one should be gone. */
  async #adviceOnCompaction(): Promise<string[]> {
    try {
      const answer = (await this.#nodes.read('kv/range', this.#transactions.firstRevision())) as {
        header?: { revision?: string };
      };
      if (Number(answer.header?.revision ?? 0) < MANY_REVISIONS) return [];
    } catch (error) {
      if (isCompacted(error)) return [];
      throw error;
    }
    return [
      `etcd: its history was never compacted, in more than ${MANY_REVISIONS} revisions, so it grows until the quota is full; start it with --auto-compaction-mode=periodic --auto-compaction-retention=1h`,
    ];
  }
}

const DEFAULT_QUOTA = 2 * 1024 ** 3;

const MANY_REVISIONS = 10_000;

const NO_SPACE =
  'the quota of the database is full (alarm NOSPACE), so it refuses every change; compact and defragment it, then etcdctl alarm disarm';

function formatOf(responses: OperationAnswer[]): string | undefined {
  const [found] = responses[0]?.response_range?.kvs ?? [];
  return found === undefined ? undefined : decode(found.value ?? '');
}

function refusal(message: string, cause?: unknown): LeastkeyError {
  return new LeastkeyError('store_unavailable', `etcd: ${message}`, { cause });
}
