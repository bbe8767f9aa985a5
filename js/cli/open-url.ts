import type { OpenedStore } from '../stores/open.js';
import { UsageError } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';

/** Every process of the machine can read the arguments of another one. */
const PASSWORD = /^[^:]*:\/\/[^@/?#]*:[^@/?#]+@|[?&]pass(?:word)?=/i;

/**
 * Refuses a URL with a password that was given as an argument.
 *
 * @param variable where it belongs
 */
export function refusePassword(url: string, variable: string): void {
  if (!PASSWORD.test(url)) return;
  throw new UsageError(
    `the URL has a password in it, which other processes can see and the shell stores: set ${variable} to the URL instead`,
  );
}

/** The URL of a store from an argument, or from an environment variable. */
export function urlOf(argument: string | undefined, variable: string): string {
  const url = argument ?? process.env[variable];
  if (!url) throw new UsageError(`which store? Give its URL, such as sqlite:./tokens.db, or set ${variable}`);
  if (argument !== undefined) refusePassword(argument, variable);
  return url;
}

/** Opens stores, does the work, and always closes them. */
export async function withStores<T>(
  urls: readonly string[],
  options: { migrate?: boolean; durable?: boolean },
  work: (...stores: OpenedStore[]) => Promise<T>,
): Promise<T> {
  const { openStore } = await import('../stores/open.js');
  const opened: OpenedStore[] = [];
  try {
    for (const url of urls)
      opened.push(
        await openStore(url, options).catch((error: unknown) => {
          if (!isLeastkeyError(error) || error.path !== 'url') throw error;
          // It is an argument here, and not the option --store.
          throw new UsageError(error.message.replace(/^url: /, '<url>: '));
        }),
      );
    return await work(...opened);
  } finally {
    for (const store of opened) await store.close();
  }
}
