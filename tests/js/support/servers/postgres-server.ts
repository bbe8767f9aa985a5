import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import {
  accepts,
  freePorts,
  HOST,
  programPath,
  runToEnd,
  ServerProcess,
  serverFolder,
  userFor,
} from './server-process.js';

const VERSIONS = '/usr/lib/postgresql';

/** The folders of Debian's versions, the newest first. */
function programFolders(): string[] {
  if (!existsSync(VERSIONS)) return [];
  const versions = readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(VERSIONS, version, 'bin'));
}

export interface PostgresServer {
  process: ServerProcess;
  port: number;
  /** The URL of a database of this server. */
  url(database?: string, user?: string): string;
  /** Runs statements as the superuser. */
  sql(text: string, database?: string): Promise<Record<string, unknown>[]>;
  /** A pooler in transaction mode before this server, or a standby that follows it. */
  pgbouncer(): Promise<Follower>;
  standby(): Promise<Follower>;
  stop(): Promise<void>;
}

export interface Follower {
  url: string;
  stop(): Promise<void>;
}

/** Starts an empty PostgreSQL. */
export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const user = userFor('postgres');
  const { folder, remove } = serverFolder(user);
  const data = join(folder, 'data');
  const initdb = programPath('initdb', programFolders());
  await runToEnd(
    initdb,
    ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    user,
  );
  const [port] = (await freePorts(1)) as [number];
  const server = serverOf(data, port, folder, settings);
  await server.start();
  const url = (database = 'postgres', role = 'postgres') => `postgres://${role}@${HOST}:${port}/${database}`;
  const sql = async (text: string, database?: string) => {
    const client = new pg.Client({ connectionString: url(database) });
    await client.connect();
    try {
      return (await client.query(text)).rows ?? [];
    } finally {
      await client.end();
    }
  };
  return {
    process: server,
    port,
    url,
    sql,
    pgbouncer: () => startPgbouncer(port),
    async standby() {
      const copy = join(folder, `standby-${Date.now()}`);
      await runToEnd(
        programPath('pg_basebackup', programFolders()),
        ['-D', copy, '-h', HOST, '-p', String(port), '-U', 'postgres', '-R', '-X', 'stream', '-c', 'fast'],
        user,
      );
      const [at] = (await freePorts(1)) as [number];
      const follower = serverOf(copy, at, folder, settings);
      await follower.start();
      return { url: `postgres://postgres@${HOST}:${at}/postgres`, stop: () => follower.stop('SIGINT') };
    },
    async stop() {
      // A fast shutdown: it ends sessions that tests left open.
      await server.stop('SIGINT');
      remove();
    },
  };
}

function serverOf(
  data: string,
  port: number,
  sockets: string,
  settings: Record<string, string>,
): ServerProcess {
  const options = { listen_addresses: HOST, unix_socket_directories: sockets, ...settings };
  const args = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return new ServerProcess(
    programPath('postgres', programFolders()),
    ['-D', data, '-p', String(port), ...args],
    () => answers(port),
    userFor('postgres'),
  );
}

/** A server that still starts accepts connections and refuses them. */
async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: HOST, port, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

async function startPgbouncer(server: number): Promise<Follower> {
  const user = userFor('postgres');
  const { folder, remove } = serverFolder(user);
  const [port] = (await freePorts(1)) as [number];
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
* = host=${HOST} port=${server} user=postgres
[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
auth_type = any
auth_file = ${settings}.users
pool_mode = transaction
default_pool_size = 4
`,
  );
  writeFileSync(`${settings}.users`, '"postgres" ""\n');
  const pooler = new ServerProcess(programPath('pgbouncer'), [settings], () => accepts(port), user);
  await pooler.start();
  return {
    // With `auth_type = any` the pooler connects as the user of the database entry.
    url: `postgres://postgres@${HOST}:${port}/postgres`,
    async stop() {
      await pooler.stop();
      remove();
    },
  };
}
