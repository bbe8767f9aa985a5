import { showName } from '../input/did-you-mean.js';
import { RequestRefused } from './refusal.js';

/**
 * Demands proof that a request which a cookie authenticates was sent by a page of this origin, or of one that the host
 * allows. A browser attaches a cookie to whatever any page sends, and says in `Sec-Fetch-Site` and `Origin` where it came
 * from, which a page cannot forge. No such header is no proof.
 */
export function requireSameOrigin(request: Request, allowed: ReadonlySet<string>): void {
  const origin = request.headers.get('origin');
  if (origin !== null && allowed.has(origin)) return;
  const site = request.headers.get('sec-fetch-site');
  // Behind a proxy the URL may have another origin than the browser saw, so the browser's own judgement goes first.
  const own = new URL(request.url).origin;
  if (site !== null ? site === 'same-origin' : origin === own) return;
  throw new RequestRefused(
    'cross_origin',
    `A request that changes something must come from a page of this API's own origin, and say so in Sec-Fetch-Site or Origin. ${saidBy(origin, site)}; expected was ${own}. Is that not the address in the browser, as behind a proxy that ends TLS? Then give the handler the right one in its option "origins". Does no cookie sign people in? Then say credentials: 'bearer'.`,
  );
}

/** What the request says of where it comes from. */
function saidBy(origin: string | null, site: string | null): string {
  const from =
    origin === null ? 'The request names no Origin' : `The request has the Origin ${shownOrigin(origin)}`;
  return site === null ? from : `${from} and Sec-Fetch-Site ${showName(site)}`;
}

/** The longest origin that is shown: a host name has at most 253 characters. */
const MAX_ORIGIN_LENGTH = 270;

/** A text that is no origin may be anything, a secret too. */
function shownOrigin(origin: string): string {
  const isOrigin =
    origin.length <= MAX_ORIGIN_LENGTH && URL.canParse(origin) && new URL(origin).origin === origin;
  return isOrigin ? origin : showName(origin);
}
