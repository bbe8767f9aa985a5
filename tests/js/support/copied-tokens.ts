import type { Store, SyncStore, Tokens } from 'leastkey';
import { wrapped } from './wrapped-store.js';

/**
 * A store over `inner` with any number of copies of one of its tokens, without an operation for
 * each. `make` adds one and returns its credential, `clear` removes them all.
 */
export function forgery(tokens: Tokens, inner: SyncStore, id: string) {
  const [text] = inner.get([`token/${id}`]);
  if (text === undefined || text === null) throw new Error('there is no token to copy');
  const [before, between, after] = text.split(/"digest":"[0-9a-f]{64}"|(?<="id":")\w{16}(?=")/);
  const made = new Map<string, string>();
  const get = (keys: string[]) => inner.get(keys).map((value, at) => made.get(keys[at] as string) ?? value);
  const make = () => {
    const minted = tokens.mint();
    const record = `${before}"digest":"${minted.digest}"${between}${minted.id}${after}`;
    made.set(`token/${minted.id}`, record);
    return minted.token;
  };
  const store: Store = wrapped(inner, { get });
  return { store, make, clear: () => made.clear() };
}
