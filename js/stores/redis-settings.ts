/** The settings of a Redis server that break a promise of the storage contract. */

import { LeastkeyError } from '../api/errors.js';
import { isErrorReply, type SendCommand, withoutArguments } from './redis-client.js';

/**
 * Refuses a server that may lose what it acknowledged.
 *
 * @param durable the service keeps acknowledged changes whatever these settings say
 */
export async function refuseSettings(send: SendCommand, durable: boolean): Promise<void> {
  const info = String(await send(['INFO', 'everything']));
  const of = (name: string) => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1];
  if (of('role') !== 'master') throw refusal(REPLICA);
  const policy = of('maxmemory_policy');
  // The volatile policies evict only keys with a time to live, and Leastkey's have none.
  if (policy?.startsWith('allkeys'))
    throw refusal(
      `the policy ${policy} evicts keys when the memory is full; set maxmemory-policy noeviction`,
    );
  if (durable) return;
  if (of('cluster_enabled') === '1') {
    throw refusal(`a cluster loses acknowledged changes at a failover; use one server, or ${DURABLE}`);
  }
  if (of('connected_slaves') !== '0') throw refusal(REPLICAS);
  const settings = await readConfig(send);
  if (settings.get('appendonly') !== 'yes')
    throw refusal('appendonly is off, so a restart loses acknowledged changes; set appendonly yes');
  const fsync = settings.get('appendfsync');
  if (fsync !== 'always')
    throw refusal(
      `appendfsync is ${fsync}, so a crash loses up to a second of acknowledged changes; set appendfsync always`,
    );
  if (settings.get('no-appendfsync-on-rewrite') !== 'no')
    throw refusal(
      'no-appendfsync-on-rewrite is on, so changes are not on the disk while the file is rewritten; set it to no',
    );
}

const DURABLE =
  'give durable: true if the service keeps every acknowledged change through a failover, as MemoryDB does';

export const REPLICA =
  'this server is a replica, where a revocation may not have arrived yet; connect to the master';

export const REPLICAS = `replicas are connected, and a failover to one loses acknowledged changes; use one server without replicas, or ${DURABLE}`;

/**
 * `CONFIG GET` answers a list of names and values, or an object, by the version of the protocol.
 */
async function readConfig(send: SendCommand): Promise<Map<string, unknown>> {
  let reply: unknown;
  try {
    reply = await send(['CONFIG', 'GET', 'appendonly', 'appendfsync', 'no-appendfsync-on-rewrite']);
  } catch (error) {
    if (!isErrorReply(error)) throw error;
    throw refusal(
      `CONFIG GET is not allowed, so its durability cannot be read; allow it (ACL +config|get), or ${DURABLE}`,
      withoutArguments(error),
    );
  }
  if (reply instanceof Map) return reply;
  if (!Array.isArray(reply)) return new Map(Object.entries(Object(reply)));
  return new Map(reply.flatMap((name, at) => (at % 2 === 0 ? [[String(name), reply[at + 1]]] : [])));
}

export function refusal(message: string, cause?: unknown): LeastkeyError {
  return new LeastkeyError('store_unavailable', `Redis: ${message}`, { cause });
}
