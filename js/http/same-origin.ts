import { showName } from '../input/did-you-mean.js';
import { RequestRefused } from './refusal.js';

/**
 * Requires proof that a cookie-authenticated request was sent by a page of this origin, or of an
 * allowed one. A browser attaches cookies to the requests of any page, and sets `Sec-Fetch-Site`
 * and `Origin`, which a page cannot forge. Without such a header the request is refused.
 */
export function requireSameOrigin(request: Request, allowed: ReadonlySet<string>): void {
  const origin = request.headers.get('origin');
  if (origin !== null && allowed.has(origin)) return;
  const site = request.headers.get('sec-fetch-site');
  // Behind a proxy the URL may have another origin than in the browser, so `Sec-Fetch-Site` goes
  // first.
  const own = new URL(request.url).origin;
  if (site !== null ? site === 'same-origin' : origin === own) return;
  throw new RequestRefused(
    'cross_origin',
    `A request that changes something must come from a page of this API's own origin, and say so in Sec-Fetch-Site or Origin. ${saidBy(origin, site)}; expected was ${own}. Is that not the address in the browser, as behind a proxy that ends TLS? Then give the handler the right one in its option "origins". Does no cookie sign people in? Then say credentials: 'bearer'.`,
  );
}

/** The source of the request, by its headers. */
function saidBy(origin: string | null, site: string | null): string {
  const from =
    origin === null ? 'The request names no Origin' : `The request has the Origin ${shownOrigin(origin)}`;
  return site === null ? from : `${from} and Sec-Fetch-Site ${showName(site)}`;
}

/** The longest origin in a message: a host name has at most 253 characters. */
const MAX_ORIGIN_LENGTH = 270;

/** A text that is no origin may be a secret. */
function shownOrigin(origin: string): string {
  const isOrigin =
    origin.length <= MAX_ORIGIN_LENGTH && URL.canParse(origin) && new URL(origin).origin === origin;
  return isOrigin ? origin : showName(origin);
}
