/** The stores that are measured: real servers on loopback, started as the tests start them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { inBuild, inClone } from '../../scripts/paths.mjs';
import { installServers } from '../../scripts/setup/servers.mjs';

/** The support of the tests is TypeScript. */
async function testServers(name) {
  const outfile = inBuild('benches', `${name}.mjs`);
  await build({
    entryPoints: [inClone('tests/js/support/servers', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile));
}

/** Each starts an empty database, and has a URL for `openStore` if processes can share it. */
export const databases = [
  { name: 'memory', start: async () => ({ stop() {} }) },
  {
    name: 'SQLite',
    async start() {
      const folder = mkdtempSync(join(tmpdir(), 'leastkey-bench-'));
      const stop = () => rmSync(folder, { recursive: true, force: true });
      return { url: `sqlite:${join(folder, 'tokens.db')}`, stop };
    },
  },
  {
    name: 'PostgreSQL',
    async start(settings) {
      await installServers(['postgresql']);
      const server = await (await testServers('postgres-server')).startPostgres(settings);
      return { url: server.url(), server, stop: () => server.stop() };
    },
  },
  {
    name: 'Redis',
    async start() {
      await installServers(['redis']);
      const server = await (await testServers('redis-server')).startRedis();
      return { url: server.url, server, stop: () => server.stop() };
    },
  },
  {
    name: 'etcd, three nodes',
    async start() {
      await installServers(['etcd']);
      const cluster = await (await testServers('etcd-server')).startEtcd(3);
      const hosts = cluster.endpoints.map((endpoint) => endpoint.replace('http://', ''));
      return { url: `etcd://${hosts}`, server: cluster, stop: () => cluster.stop() };
    },
  },
  {
    name: 'MariaDB',
    async start() {
      await installServers(['mariadb']);
      const server = await (await testServers('mariadb-server')).startMariadb();
      return { url: server.url(), server, stop: () => server.stop() };
    },
  },
];

export const databaseOf = (name) => databases.find((database) => database.name === name);
