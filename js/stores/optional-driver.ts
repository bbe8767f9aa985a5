import { LeastkeyError } from '../api/errors.js';

/**
 * Loads the first driver that is installed. Drivers are optional peers, so that a host installs
 * only that of its database.
 *
 * @param drivers the name of each package with its import
 */
export async function loadDriver<T>(
  scheme: string,
  drivers: Record<string, () => Promise<T>>,
): Promise<{ name: string; driver: T }> {
  for (const [name, load] of Object.entries(drivers)) {
    try {
      return { name, driver: await load() };
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  const names = Object.keys(drivers);
  throw new LeastkeyError(
    'store_unavailable',
    `a ${scheme}: store needs the package ${names.join(' or ')}: npm install ${names[0]}`,
  );
}

/** Whether the package itself is missing, and not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${name}'`);
}

/** The end of a message about a value that is no client: what to do with a URL. */
export const gotUrl = (value: unknown): string =>
  typeof value === 'string' ? ', got a text; for a URL there is openStore of leastkey/stores/open' : '';
