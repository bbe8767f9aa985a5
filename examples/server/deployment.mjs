/**
 * The deployment of the demo: one catalog with the four systems in it, one prefix, one SQLite file.
 */

import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { hubRoutes } from './hub.mjs';
import { libraryRoutes } from './library.mjs';
import { siteRoutes } from './site.mjs';

const catalogFile = fileURLToPath(new URL('../catalogs/four-systems.json', import.meta.url));
const prefix = 'acme_demo';

/** The interval of flushes, in milliseconds. */
const FLUSH = 5_000;

/** Opens it on a database in `folder`. Call `close` when done. */
export async function openDeployment(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const database = path.join(folder, 'demo.db');
  const catalog = JSON.parse(await readFile(catalogFile, 'utf8'));
  const store = sqliteStore({ path: database });
  try {
    const tokens = await createTokens({ catalog, store, prefix, usage: { addresses: true } });
    const flushing = setInterval(() => void tokens.flush().catch(console.error), FLUSH);
    const close = async () => {
      clearInterval(flushing);
      await tokens.flush().catch(console.error);
      await store.close();
    };
    return {
      tokens,
      catalog,
      catalogFile,
      database,
      prefix,
      routes: [...hubRoutes(), ...siteRoutes(), ...libraryRoutes()],
      close,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
