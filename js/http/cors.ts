/** Which pages of other origins may read answers: none, unless the host allows their origin. */

const EXPOSED = 'ETag, Location, Retry-After, WWW-Authenticate';
const ACCEPTED = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match';
/** Seconds for which a browser may remember a preflight. */
const REMEMBERED = '600';

export interface CorsSettings {
  origins: ReadonlySet<string>;
  /** Whether a cookie authenticates, which a browser sends to another origin only if the answer allows it. */
  cookie: boolean;
}

/** The headers by which a browser lets the page that sent `request` read the answer. */
export function corsHeaders(request: Request, { origins, cookie }: CorsSettings): Record<string, string> {
  if (origins.size === 0) return {};
  const origin = request.headers.get('origin');
  if (origin === null || !origins.has(origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': EXPOSED,
    ...(cookie ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
  };
}

/** What a preflight is told beside them, once its origin is allowed. */
export function preflightHeaders(allow: string): Record<string, string> {
  return {
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': ACCEPTED,
    'Access-Control-Max-Age': REMEMBERED,
  };
}
