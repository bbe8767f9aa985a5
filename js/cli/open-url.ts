import { type OpenedStore, openStore } from '../stores/open.js';
import { UsageError } from './exit-codes.js';

/** Every process of the machine can read the arguments of another one. */
const PASSWORD = /^[^:]*:\/\/[^@/?#]*:[^@/?#]+@|[?&]pass(?:word)?=/i;

/** The URL of a store from an argument, or from an environment variable. */
export function urlOf(argument: string | undefined, variable: string): string {
  const url = argument ?? process.env[variable];
  if (!url) throw new UsageError(`which store? Give its URL, such as sqlite:./tokens.db, or set ${variable}`);
  if (argument !== undefined && PASSWORD.test(argument)) {
    throw new UsageError(
      `the URL has a password in it, which other processes can see and the shell stores: set ${variable} to the URL instead`,
    );
  }
  return url;
}

/** Opens stores, does the work, and always closes them. */
export async function withStores<T>(
  urls: readonly string[],
  options: { migrate?: boolean; durable?: boolean },
  work: (...stores: OpenedStore[]) => Promise<T>,
): Promise<T> {
  const opened: OpenedStore[] = [];
  try {
    for (const url of urls) opened.push(await openStore(url, options));
    return await work(...opened);
  } finally {
    for (const store of opened) await store.close();
  }
}
