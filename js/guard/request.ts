import type { HeadersLike } from '../input/credential.js';

/** What a guard looks at of a request: a `Request`, of this realm or another, or what {@link requestOf} makes for node:http. */
export interface GuardRequest {
  readonly method: string;
  /** An absolute URL. Its path is taken as it stands: what two servers could read in two ways matches no route. */
  readonly url: string;
  readonly headers: HeadersLike;
}

/** The path of an absolute URL, to the letter: the `URL` class would resolve dots and backslashes before anybody saw them. */
export function pathOf(url: string): string {
  const [, path = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url) ?? [];
  return path;
}
