/** The two token systems of the demo: each its own catalog, prefix and database. */

import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { hubRoutes } from './hub.mjs';
import { siteRoutes } from './site.mjs';

const catalogs = fileURLToPath(new URL('../catalogs/', import.meta.url));

const systems = [
  { id: 'permission-set', title: 'Permission-set tokens', prefix: 'hub_demo', routes: hubRoutes },
  { id: 'personal', title: 'Personal access tokens', prefix: 'site_demo', routes: siteRoutes },
];

/** Opens both systems on databases in `folder`. Call `close` of each when done. */
export async function openSystems(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return Promise.all(systems.map((system) => openSystem(system, folder)));
}

async function openSystem({ id, title, prefix, routes }, folder) {
  const catalogFile = path.join(catalogs, `${id}.json`);
  const database = path.join(folder, `${id}.db`);
  const catalog = JSON.parse(await readFile(catalogFile, 'utf8'));
  const store = sqliteStore({ path: database });
  try {
    const tokens = await createTokens({ catalog, store, prefix });
    return {
      id,
      title,
      prefix,
      catalog,
      catalogFile,
      database,
      tokens,
      routes: routes(),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
