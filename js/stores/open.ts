import { LeastkeyError } from '../api/errors.js';
import type { DatabaseStore, WatchableStore } from '../api/store.js';
import { refuseUnknownOptions } from '../input/options.js';
import { loadDriver } from './optional-driver.js';
import { invalidUrl, parseStoreUrl, type StoreUrl, withoutPassword } from './store-url.js';

export interface OpenStoreOptions {
  /** Create what the store needs in the database before it is checked. Default `false`. */
  migrate?: boolean;
  /**
   * The service keeps every acknowledged commit, whatever its settings say: see docs/storage.md.
   */
  durable?: boolean;
  /** Push to those that `watch`: PostgreSQL and Redis. etcd does without it. Default `false`. */
  push?: boolean;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/** A store that {@link openStore} opened, with its connections. */
export interface OpenedStore extends DatabaseStore, Partial<Pick<WatchableStore, 'watch'>> {
  /** The URL without password and options, for people. */
  readonly url: string;
  /** Closes the connections; later calls are refused. */
  close(): Promise<void>;
}

/** A store, and how its connections are closed. */
interface Opened {
  store: DatabaseStore & Partial<Pick<WatchableStore, 'watch'>>;
  close(): void | Promise<void>;
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;

type Settings = Omit<OpenStoreOptions, 'migrate'>;

const OPENERS: Record<string, (url: StoreUrl, settings: Settings) => Promise<Opened>> = {
  postgres: openPostgres,
  postgresql: openPostgres,
  etcd: openEtcd,
  etcds: openEtcd,
  mysql: openMysql,
  mariadb: openMysql,
  redis: openRedis,
  rediss: openRedis,
  sqlite: openSqlite,
};

/**
 * Opens the store of a URL: `postgres://user@host/database`, `redis://host`,
 * `mysql://user@host/database`, `etcd://host1:2379,host2:2379`, or `sqlite:./tokens.db`. A table or
 * a namespace of keys comes after `#`: `postgres://host/database#tokens`. The driver is loaded
 * here, and what to install is in the error where it is missing. The database is checked before the
 * store is returned.
 *
 * @param url the URL; default: the environment variable `LEASTKEY_STORE`, where a password is not
 * seen by other users of the machine, as it is among the arguments of a process
 *
 * @throws {LeastkeyError} `invalid_input` for a URL of no known scheme; `store_unavailable` if the
 * driver is missing, the database does not answer, or the check refuses it. No error has the
 * password.
 *
 * @example
 * const store = await openStore(process.env.LEASTKEY_STORE, { migrate: true });
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 * // … and when the program ends:
 * await store.close();
 */
export async function openStore(
  url: string | undefined = process.env.LEASTKEY_STORE,
  options: OpenStoreOptions = {},
): Promise<OpenedStore> {
  refuseUnknownOptions(options, ['migrate', 'durable', 'push', 'now'], 'openStore');
  const { migrate = false, ...settings } = options;
  const parsed = parseStoreUrl(url, Object.keys(OPENERS));
  let opened: Opened | undefined;
  try {
    opened = await OPENERS[parsed.scheme]?.(parsed, settings);
    if (migrate) await opened?.store.migrate();
    await opened?.store.check();
  } catch (error) {
    await opened?.close();
    if (error instanceof LeastkeyError) throw error;
    throw unreachable(parsed, error);
  }
  const { store, close } = opened as Opened;
  return {
    url: parsed.shown,
    get: (keys) => store.get(keys),
    list: (range) => store.list(range),
    commit: (writes) => store.commit(writes),
    migrate: () => store.migrate(),
    check: () => store.check(),
    close: async () => close(),
    ...(store.watch !== undefined && { watch: store.watch.bind(store) }),
  };
}

function unreachable({ shown, text }: StoreUrl, error: unknown): LeastkeyError {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  // Node names several failed addresses in an error without a message.
  const reason = withoutPassword(String(message || code || error), text);
  return new LeastkeyError('store_unavailable', `cannot use ${shown}: ${reason}`);
}

async function openPostgres({ text, name: table }: StoreUrl, settings: Settings): Promise<Opened> {
  const options = { ...settings, ...(table !== undefined && { table }) };
  const { postgresStore } = await import('./postgres.js');
  const { name, driver } = await loadDriver<unknown>('postgres', {
    pg: () => import('pg'),
    postgres: () => import('postgres'),
  });
  if (name === 'postgres') {
    const { default: postgres } = driver as { default: typeof import('postgres') };
    const sql = postgres(text, {
      onnotice: () => {},
      // Its query for types is awaited by nothing: broken, it would end the process.
      fetch_types: false,
      // In seconds. By default it waits up to 20 after a few lost connections.
      backoff: (lost: number) => Math.min(lost * 0.05, 2),
    });
    return { store: postgresStore(sql, options), close: () => sql.end({ timeout: 5 }) };
  }
  const { default: pg } = driver as typeof import('pg');
  const pool = new pg.Pool({ connectionString: text });
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => {});
  return { store: postgresStore(pool, options), close: () => pool.end() };
}

async function openRedis({ text, name: namespace }: StoreUrl, settings: Settings): Promise<Opened> {
  const options = { ...settings, ...(namespace !== undefined && { namespace }) };
  const { redisStore } = await import('./redis.js');
  const { name, driver } = await loadDriver<unknown>('redis', {
    redis: () => import('redis'),
    ioredis: () => import('ioredis'),
  });
  // Later, a broken connection is made again; the first one has to be made at once.
  let failure: unknown;
  let wasOpen = false;
  const retryStrategy = (tries: number) => (wasOpen ? Math.min(tries * 50, 2_000) : null);
  const onError = (error: unknown) => {
    failure = error;
  };
  const connect = async (client: { connect(): Promise<unknown> }, close: () => void) => {
    try {
      await client.connect();
      wasOpen = true;
    } catch (error) {
      close();
      throw failure ?? error;
    }
  };
  if (name === 'ioredis') {
    const { Redis } = driver as typeof import('ioredis');
    const resend = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };
    const client = new Redis(text, { ...resend, retryStrategy, lazyConnect: true });
    client.on('error', onError);
    const close = () => client.disconnect();
    await connect(client, close);
    return { store: redisStore(client, options), close };
  }
  const { createClient } = driver as typeof import('redis');
  const reconnectStrategy = (tries: number) => retryStrategy(tries) ?? false;
  const client = createClient({ url: text, socket: { reconnectStrategy, connectTimeout: CONNECT_TIMEOUT } });
  client.on('error', onError);
  const close = () => (client.isOpen ? client.destroy() : undefined);
  await connect(client, close);
  return { store: redisStore(client, options), close };
}

async function openMysql(
  { text, name: table }: StoreUrl,
  { push: _, ...settings }: Settings,
): Promise<Opened> {
  const { mysqlStore } = await import('./mysql.js');
  const { driver } = await loadDriver('mysql', { mysql2: () => import('mysql2/promise') });
  const pool = driver.createPool({ uri: text.replace(/^[^:]*:/, 'mysql:'), connectTimeout: CONNECT_TIMEOUT });
  const options = { ...settings, ...(table !== undefined && { table }) };
  return { store: mysqlStore(pool, options), close: () => pool.end() };
}

/** `etcd://` is HTTP, `etcds://` is HTTPS. No driver is needed. */
async function openEtcd({ scheme, text, name: prefix }: StoreUrl, { now }: Settings): Promise<Opened> {
  const { etcdStore } = await import('./etcd.js');
  const [, user, password, hosts = ''] = /^[^:]*:\/\/(?:([^:@]*)(?::([^@]*))?@)?([^/?]*)/.exec(text) ?? [];
  const endpoints = hosts.split(',').map((host) => `${scheme === 'etcds' ? 'https' : 'http'}://${host}`);
  const store = etcdStore({
    endpoints,
    ...(user !== undefined && { user: decodeURIComponent(user) }),
    ...(password !== undefined && { password: decodeURIComponent(password) }),
    ...(prefix !== undefined && { prefix }),
    ...(now !== undefined && { now }),
  });
  return { store, close: () => {} };
}

async function openSqlite({ text }: StoreUrl, { now }: Settings): Promise<Opened> {
  const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '' || path.startsWith('//')) {
    throw invalidUrl('expected sqlite: and the path of a file, such as sqlite:./tokens.db');
  }
  const { sqliteStore } = await import('./sqlite.js');
  const store = sqliteStore({ path, ...(now !== undefined && { now }) });
  return {
    store: {
      get: async (keys) => store.get(keys),
      list: async (range) => store.list(range),
      commit: async (writes) => store.commit(writes),
      // Opening the file did both.
      async migrate() {},
      check: async () => [],
    },
    close: () => store.close(),
  };
}
