/** CORS: pages of other origins may read responses only if the host allows their origin. */

const EXPOSED = 'ETag, Location, Retry-After, WWW-Authenticate';
const ACCEPTED = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match';
/** How long a browser may cache a preflight, in seconds. */
const MAX_AGE = '600';

export interface CorsSettings {
  origins: ReadonlySet<string>;
  /**
   * Whether cookies authenticate. A browser sends them to another origin only if the response
   * allows it.
   */
  cookie: boolean;
}

/** The headers that let the page that sent `request` read the response. */
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

/** Further headers of a preflight from an allowed origin. */
export function preflightHeaders(allow: string): Record<string, string> {
  return {
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': ACCEPTED,
    'Access-Control-Max-Age': MAX_AGE,
  };
}
