import { accepts, freePorts, HOST, programPath, ServerProcess, serverFolder } from './server-process.js';

export interface RedisServer {
  process: ServerProcess;
  port: number;
  url: string;
  stop(): Promise<void>;
}

/** What the store wants of a Redis. */
const DURABLE = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };

/**
 * Starts an empty Redis, or Valkey.
 *
 * @param settings added to those that the store wants, or in their place
 * @param program the path of the server
 */
export async function startRedis(
  settings: Record<string, string> = {},
  program = programPath('redis-server'),
): Promise<RedisServer> {
  const { folder, remove } = serverFolder();
  const [port] = (await freePorts(1)) as [number];
  const fixed = { port: String(port), bind: HOST, dir: folder, save: '' };
  const args = Object.entries({ ...fixed, ...DURABLE, ...settings }).flatMap(([name, value]) => [
    `--${name}`,
    ...(value === '' ? [''] : value.split(' ')),
  ]);
  const server = new ServerProcess(program, args, () => accepts(port));
  await server.start();
  return {
    process: server,
    port,
    url: `redis://${HOST}:${port}`,
    async stop() {
      await server.stop();
      remove();
    },
  };
}
