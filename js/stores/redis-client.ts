/** Sends commands through a client of `redis` or `ioredis`, and refuses settings that resend. */

import { LeastkeyError } from '../api/errors.js';
import { gotUrl } from './optional-driver.js';

/** What is used of a client or a client pool of the package `redis`. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>;
}

/** What is used of a client of `ioredis`. */
export interface IoRedisLike {
  call(command: string, ...args: string[]): Promise<unknown>;
  readonly options: object;
}

export type RedisClient = NodeRedisLike | IoRedisLike;

/** Sends one command, and returns its reply. */
export type SendCommand = (args: string[]) => Promise<unknown>;

/**
 * Reads the client that the host passed.
 *
 * @throws {LeastkeyError} `invalid_input` for anything else than a client of one server, and for
 * one that sends a command again after its connection was cut: the second answer would be `false`,
 * although the first commit was applied.
 */
export function readClient(client: RedisClient): SendCommand {
  const members: Record<string, unknown> = Object(client);
  if (members.isCluster === true || typeof members.nodeByAddress === 'object') {
    throw invalidClient(
      'a cluster client sends a command again after a lost connection, and a failover loses acknowledged changes; give a client of one server',
    );
  }
  if (typeof members.getSentinelNode === 'function') throw invalidClient(SENTINEL);
  if (isIoRedis(client)) {
    refuseResending(client.options);
    return ([command = '', ...args]) => client.call(command, ...args);
  }
  if (typeof members.sendCommand !== 'function')
    throw invalidClient(
      `expected a client of redis (createClient) or of ioredis (new Redis)${gotUrl(client)}`,
    );
  return (args) => (client as NodeRedisLike).sendCommand(args);
}

const SENTINEL =
  'behind a sentinel a failover loses acknowledged changes, a revocation among them; give a client of one server';

function isIoRedis(client: RedisClient): client is IoRedisLike {
  const { call, options } = (client ?? {}) as Partial<IoRedisLike>;
  return typeof call === 'function' && typeof options === 'object';
}

/** The options that `new Redis` has taken, its defaults among them. */
interface ResendOptions {
  autoResendUnfulfilledCommands?: unknown;
  maxRetriesPerRequest?: unknown;
  sentinels?: unknown;
}

function refuseResending(options: ResendOptions): void {
  if (options.sentinels !== undefined && options.sentinels !== null) throw invalidClient(SENTINEL);
  if (options.autoResendUnfulfilledCommands === false && options.maxRetriesPerRequest === 0) return;
  throw invalidClient(
    'ioredis sends a commit again after a lost connection, and would report an applied one as refused; make it with new Redis(url, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 })',
  );
}

function invalidClient(message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', `client: ${message}`, { path: 'client' });
}

/** Whether the server answered with an error, and not the client: the command had no effect. */
export function isErrorReply(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'ReplyError' || REPLY_CLASSES.has(error.constructor.name);
}

/** The classes of `redis`. */
const REPLY_CLASSES = new Set(['ErrorReply', 'SimpleError', 'BlobError']);

/**
 * The error without the arguments of its command, which `ioredis` attaches: values, or a password.
 */
export function withoutArguments(error: unknown): Error {
  const { message } = Object(error) as { message?: unknown };
  return new Error(`Redis: ${String(message ?? error)}`);
}
