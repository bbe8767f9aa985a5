import type { DatabaseStore, Entry, Range, WatchableStore, Write } from '../api/store.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites } from './checks.js';
import { changesFeed } from './keep-listening.js';
import { OpenCheck } from './open-check.js';
import {
  isErrorReply,
  type RedisClient,
  readClient,
  type SendCommand,
  withoutArguments,
} from './redis-client.js';
import { listenToRedis } from './redis-push.js';
import { commitArguments, FORMAT, rangeArguments, SCRIPT } from './redis-script.js';
import { REPLICA, REPLICAS, refusal, refuseSettings } from './redis-settings.js';

export type { IoRedisLike, NodeRedisLike, RedisClient } from './redis-client.js';

export interface RedisStoreOptions {
  /**
   * The first part of the three keys in Redis. Two deployments in one Redis need two. Default
   * `leastkey`.
   */
  namespace?: string;
  /**
   * The service keeps every acknowledged change by a durable log of its own, through failovers too.
   * The settings that say otherwise are then not read. Default `false`.
   */
  durable?: boolean;
  /**
   * Publish to those that `watch`, with each commit that verifiers have to notice. Default `false`.
   */
  push?: boolean;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/**
 * A store in one Redis 7 or Valkey, over a connected client that the host made: of `redis`, or of
 * `ioredis` with `{ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }`. Call
 * `migrate()` once before the first use.
 *
 * Every call is one run of a script over three keys. Redis acknowledges a change when it is on the
 * disk only with `appendfsync always`, and a replica that takes over lacks the last changes. So the
 * first call refuses other settings, replicas, clusters and policies that evict, and each later
 * call a server that has become a replica or got one.
 *
 * A Redis that lost its data has no mark of `migrate()` any more, and every call is refused.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option, or a client that sends commands again
 *
 * @example
 * import { createClient } from 'redis';
 *
 * const client = await createClient({ url: 'redis://10.0.0.1:6379' }).connect();
 * const store = redisStore(client);
 * await store.migrate();
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  refuseUnknownOptions(options, ['namespace', 'durable', 'push', 'now'], 'redisStore');
  const { namespace = 'leastkey', durable = false, push = false, now } = options;
  if (typeof namespace !== 'string' || !/^[\w.:-]{1,64}$/.test(namespace))
    throw invalidInput('namespace', 'expected 1 to 64 letters, digits, _ . : or -');
  for (const [path, flag] of Object.entries({ durable, push }))
    if (typeof flag !== 'boolean') throw invalidInput(path, 'expected true or false');
  const send = readClient(client);
  return new CheckedRedisStore(client, send, namespace, { durable, push }, sweepClock(now));
}

/** A store in Redis or Valkey. It pushes if it was made with `push: true`. */
export interface RedisStore extends DatabaseStore, Pick<WatchableStore, 'watch'> {}

class CheckedRedisStore implements RedisStore {
  readonly #client: RedisClient;
  readonly #send: SendCommand;
  readonly #push: boolean;
  readonly #namespace: string;
  readonly #durable: boolean;
  readonly #now: () => number;
  readonly #settings: OpenCheck<void>;
  /** The digest by which the server knows the script. */
  #digest: string | undefined;

  constructor(
    client: RedisClient,
    send: SendCommand,
    namespace: string,
    { durable, push }: { durable: boolean; push: boolean },
    now: () => number,
  ) {
    this.#client = client;
    this.#send = send;
    this.#push = push;
    this.#namespace = namespace;
    this.#durable = durable;
    this.#now = now;
    this.#settings = new OpenCheck(() => refuseSettings(send, durable));
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    if (keys.length === 0) return [];
    const [values] = await this.#call('get', keys);
    return values as (string | null)[];
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    const [keys, values] = (await this.#call('list', rangeArguments(range))) as [string[], string[]];
    return keys.map((key, at) => ({ key, value: values[at] as string }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    const args = commitArguments(writes, this.#now());
    const pushes = this.#push && changesFeed(writes);
    const [applied] = await this.#call(pushes ? 'commit-and-push' : 'commit', args);
    if (applied !== 0 && applied !== 1) throw new Error('Redis: the script answered neither 0 nor 1');
    return applied === 1;
  }

  async migrate(): Promise<void> {
    const [format] = await this.#call('migrate', []);
    if (format !== FORMAT) throw refusal(this.#formatMessage(String(format)));
  }

  async check(): Promise<string[]> {
    this.#settings.forget();
    await this.#call('check', []);
    return [];
  }

  watch(listener: () => void): Promise<() => Promise<void>> {
    return listenToRedis(this.#client, `{${this.#namespace}}:values`, listener);
  }

  /** Runs the script, and returns its answer. */
  async #call(call: string, args: string[]): Promise<unknown[]> {
    try {
      await this.#settings.passed();
      const [outcome, ...answer] = (await this.#run([call, this.#durable ? '1' : '0', ...args])) as unknown[];
      if (outcome === 'ok') return answer;
      if (outcome === 'replica') throw refusal(REPLICA);
      if (outcome === 'replicas') throw refusal(REPLICAS);
      throw refusal(this.#formatMessage(String(answer[0])));
    } catch (error) {
      throw this.#failure(call, error);
    }
  }

  /** Sends the script by its digest; the server forgets scripts when it starts again. */
  async #run(args: string[]): Promise<unknown> {
    const name = `{${this.#namespace}}`;
    const rest = ['3', `${name}:values`, `${name}:keys`, `${name}:expiring`, ...args];
    this.#digest ??= String(await this.#send(['SCRIPT', 'LOAD', SCRIPT]));
    try {
      return await this.#send(['EVALSHA', this.#digest, ...rest]);
    } catch (error) {
      // Only this reply says that nothing was run.
      if (!isErrorReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#send(['EVAL', SCRIPT, ...rest]);
    }
  }

  #failure(call: string, error: unknown): Error {
    if (error instanceof Error && error.name === 'LeastkeyError') return error;
    const cause = withoutArguments(error);
    // A read is tried again; of a commit it matters that nothing was changed.
    if (!isErrorReply(error) || call === 'get' || call === 'list') return cause;
    return refusal(`${reasonOf(error.message, this.#namespace)}; nothing was changed`, cause);
  }

  #formatMessage(format: string): string {
    if (format === '')
      return `there is no store with the namespace ${this.#namespace}; call migrate() once. If there was one, Redis has lost its data: restore a backup`;
    return `the store was made by another version of Leastkey (format ${format}; this one knows ${FORMAT}): update leastkey`;
  }
}

function reasonOf(message: string, namespace: string): string {
  const [code] = message.split(' ', 1);
  if (code === 'WRONGTYPE')
    return `the keys {${namespace}}:* belong to another program; give another namespace`;
  if (code === 'OOM') return 'the memory is full (maxmemory)';
  if (code === 'NOPERM')
    return `the user may not run this; ACL SETUSER … ~{${namespace}}:* +@read +@write +@scripting +info +config|get`;
  if (code === 'MISCONF') return 'the disk of the server cannot be written';
  return 'the server refused the script';
}
