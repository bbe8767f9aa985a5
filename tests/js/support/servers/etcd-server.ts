import { join } from 'node:path';
import { freePorts, HOST, programPath, ServerProcess, serverFolder } from './server-process.js';

export interface EtcdCluster {
  endpoints: string[];
  nodes: ServerProcess[];
  /** The index of the node that leads. */
  leader(): Promise<number>;
  /** A request to the gateway of a node. */
  ask(path: string, body: object, node?: number): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/**
 * Starts an empty etcd cluster.
 *
 * @param count how many nodes; `flags` of each
 */
export async function startEtcd(count = 1, flags: string[] = []): Promise<EtcdCluster> {
  const { folder, remove } = serverFolder();
  const ports = await freePorts(2 * count);
  const names = Array.from({ length: count }, (_, at) => `n${at}`);
  const clientUrl = (at: number) => `http://${HOST}:${ports[at]}`;
  const peerUrl = (at: number) => `http://${HOST}:${ports[count + at]}`;
  const endpoints = names.map((_, at) => clientUrl(at));
  const members = names.map((name, at) => `${name}=${peerUrl(at)}`).join();
  const nodes = names.map((name, at) => {
    const args = Object.entries({
      name,
      'data-dir': join(folder, name),
      'listen-client-urls': clientUrl(at),
      'advertise-client-urls': clientUrl(at),
      'listen-peer-urls': peerUrl(at),
      'initial-advertise-peer-urls': peerUrl(at),
      'initial-cluster': members,
      'initial-cluster-token': folder,
    }).map(([flag, value]) => `--${flag}=${value}`);
    return new ServerProcess(programPath('etcd'), [...args, ...flags], () => hasLeader(clientUrl(at)));
  });
  // No node answers before most of them run.
  await Promise.all(nodes.map((node) => node.start()));
  return {
    endpoints,
    nodes,
    async leader() {
      const found = await Promise.all(
        endpoints.map((endpoint) => post(endpoint, 'maintenance/status', {}).catch(() => undefined)),
      );
      const leads = (status?: Record<string, unknown>) => {
        const { member_id } = (status?.header ?? {}) as { member_id?: string };
        return member_id !== undefined && member_id === status?.leader;
      };
      return found.findIndex(leads);
    },
    ask: (path, body, node = 0) => post(endpoints[node] as string, path, body),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
      remove();
    },
  };
}

async function post(endpoint: string, path: string, body: object): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(10_000);
  const request = { method: 'POST', body: JSON.stringify(body), signal };
  return (await (await fetch(`${endpoint}/v3/${path}`, request)).json()) as Record<string, unknown>;
}

/** Whether a node answers a read that needs most of the cluster, or refuses it without a user. */
async function hasLeader(endpoint: string): Promise<boolean> {
  const answer = await post(endpoint, 'kv/range', { key: 'AA==' });
  return 'header' in answer || answer.code === 3;
}
