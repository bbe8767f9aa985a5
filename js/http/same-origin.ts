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
  if (site !== null ? site === 'same-origin' : origin === new URL(request.url).origin) return;
  throw new RequestRefused(
    'cross_origin',
    'A request that changes something must come from a page of this origin, and say so in Sec-Fetch-Site or Origin.',
  );
}
