/** Database servers that the tests start themselves, and shells whose completion they test. */

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstallServers } from './apt.mjs';
import { isLeftOut } from './programs.mjs';

/** Debian's package of each, by its name in `LEASTKEY_WITHOUT`, and a program in it. */
const servers = {
  postgresql: { package: 'postgresql', program: 'initdb' },
  pgbouncer: { package: 'pgbouncer', program: 'pgbouncer' },
  etcd: { package: 'etcd-server', program: 'etcd' },
  mariadb: { package: 'mariadb-server', program: 'mariadbd' },
  redis: { package: 'redis-server', program: 'redis-server' },
  zsh: { package: 'zsh', program: 'zsh' },
  fish: { package: 'fish', program: 'fish' },
};

export const serverNames = Object.keys(servers);

/** Those of `npm test`; `npm run chaos` needs one more. */
const tested = ['postgresql', 'pgbouncer', 'etcd', 'redis', 'zsh', 'fish'];
if (process.env.LEASTKEY_CHAOS_SECONDS !== undefined) tested.push('mariadb');

/** Installs the missing ones. apt starts none of them. */
export async function installServers(names = tested) {
  const missing = names
    .filter((name) => !isLeftOut(name) && !isThere(servers[name].program))
    .map((name) => servers[name].package);
  if (missing.length > 0) await aptInstallServers(missing);
}

function isThere(program) {
  const versions = '/usr/lib/postgresql';
  const postgres = existsSync(versions)
    ? readdirSync(versions).map((name) => join(versions, name, 'bin'))
    : [];
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...postgres];
  return folders.some((folder) => existsSync(join(folder, program)));
}
