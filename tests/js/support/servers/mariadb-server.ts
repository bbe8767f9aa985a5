import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import {
  freePorts,
  HOST,
  programPath,
  runToEnd,
  ServerProcess,
  serverFolder,
  userFor,
} from './server-process.js';

export interface MariadbServer {
  process: ServerProcess;
  port: number;
  /** The URL of the database `tokens`. */
  url(user?: string): string;
  /** Runs a statement as the administrator. */
  sql(text: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts an empty MariaDB with a database `tokens`. */
export async function startMariadb(settings: Record<string, string> = {}): Promise<MariadbServer> {
  const user = userFor('mysql');
  const { folder, remove } = serverFolder(user);
  const data = join(folder, 'data');
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'];
  await runToEnd(programPath('mariadb-install-db'), [...install, '--skip-test-db'], user);
  const [port] = (await freePorts(1)) as [number];
  const options = { datadir: data, port, 'bind-address': HOST, socket: join(folder, 'socket'), ...settings };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const sql = async (text: string) => {
    const connection = await createConnection({ host: HOST, port, user: 'root' });
    try {
      return (await connection.query(text))[0];
    } finally {
      await connection.end();
    }
  };
  const isReady = async () => {
    await sql('SELECT 1');
    return true;
  };
  const server = new ServerProcess(programPath('mariadbd'), ['--no-defaults', ...args], isReady, user);
  await server.start();
  await sql('CREATE DATABASE tokens');
  return {
    process: server,
    port,
    url: (name = 'root') => `mysql://${name}@${HOST}:${port}/tokens`,
    sql,
    async stop() {
      await server.stop();
      remove();
    },
  };
}
