import { TrieRouter } from 'hono/router/trie-router';
import type { Tokens } from '../api/tokens.js';
import { invalidInput, kindOf } from '../input/options.js';
import { accountVerbs, encodedAccountPath } from './account-path.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { type HandlerOptions, type HandlerSettings, readHandlerOptions } from './options.js';
import { isFailure, problemOf, RequestRefused } from './refusal.js';
import { refuseOversized } from './request-bounds.js';
import { HostAnswered, type Route } from './route.js';
import { routesOf } from './routes.js';

/** Headers of every response. */
const PROTECTION = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * The HTTP API of a deployment: sessions, OAuth endpoints and management, as one function from
 * `Request` to `Response`. The returned function never throws.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option.
 * @example
 * const answer = handler(tokens, { authenticate: (request) => actorOfMySession(request) });
 * export default { fetch: answer };
 */
export function handler(tokens: Tokens, options: HandlerOptions): (request: Request) => Promise<Response> {
  if (typeof (tokens as Partial<Tokens> | undefined)?.verify !== 'function')
    throw invalidInput(
      'tokens',
      `got ${kindOf(tokens)} without verify; write handler(await createTokens(…), …)`,
    );
  const settings = readHandlerOptions(options);
  const dispatch = dispatcher(tokens, settings);
  return async (request) => {
    if (typeof request?.arrayBuffer !== 'function')
      throw invalidInput(
        'request',
        'expected a Request; on node:http serve it by toNodeHandler of leastkey/node',
      );
    try {
      refuseOversized(request);
      return finish(await dispatch(request), request, settings);
    } catch (error) {
      if (error instanceof HostAnswered) return error.response;
      if (isFailure(error)) settings.onError(error, { operation: 'handler', request });
      return finish(problemOf(error), request, settings);
    }
  };
}

function dispatcher(tokens: Tokens, settings: HandlerSettings): (request: Request) => Promise<Response> {
  const table = routesOf(settings);
  const router = endpoints(table);
  const accounts = `${settings.basePath}/accounts/`;
  const verbs = accountVerbs(
    table.map(({ path }) => path),
    accounts,
  );
  return async (request) => {
    const url = new URL(request.url);
    const [[found] = []] = router.match('ALL', encodedAccountPath(url.pathname, accounts, verbs));
    if (found === undefined) {
      const slash = url.pathname.endsWith('/')
        ? ' The paths of this API have no slash at the end, as in /tokens.'
        : '';
      throw new RequestRefused('no_such_resource', `No such resource.${slash}`);
    }
    const [endpoint, captured] = found as [Endpoint, Record<string, string>];
    const head = request.method === 'HEAD';
    const route = endpoint.get(head ? 'GET' : request.method);
    if (route !== undefined) {
      const params = decode(captured);
      return route.run({ request, url, params, head, tokens, settings });
    }
    const allow = allowed(endpoint);
    if (request.method === 'OPTIONS') return options(request, allow, settings);
    throw new RequestRefused('method_not_allowed', `Only ${allow} is allowed here.`, { Allow: allow });
  };
}

/** The routes of one path, by method. */
type Endpoint = Map<string, Route>;

function endpoints(table: readonly Route[]): TrieRouter<Endpoint> {
  const byPath = new Map<string, Endpoint>();
  for (const route of table) {
    const endpoint = byPath.get(route.path) ?? new Map();
    byPath.set(route.path, endpoint.set(route.method, route));
  }
  const router = new TrieRouter<Endpoint>();
  for (const [path, endpoint] of byPath) router.add('ALL', path.replace(/\{(\w+)\}/g, ':$1'), endpoint);
  return router;
}

function allowed(endpoint: Endpoint): string {
  const methods = [...endpoint.keys()];
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ');
}

function options(request: Request, allow: string, { origins }: HandlerSettings): Response {
  const preflight = request.headers.has('access-control-request-method');
  const permitted = preflight && origins.has(request.headers.get('origin') ?? '');
  return new Response(null, {
    status: 204,
    headers: { Allow: allow, ...(permitted ? preflightHeaders(allow) : {}) },
  });
}

function decode(captured: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(captured).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
  } catch {
    throw new RequestRefused('malformed_request', 'The path is not percent-encoded UTF-8.');
  }
}

function finish(response: Response, request: Request, settings: HandlerSettings): Response {
  const finished = request.method === 'HEAD' ? new Response(null, response) : response;
  const headers = { ...PROTECTION, ...corsHeaders(request, settings) };
  // A proxy that compresses a response changes its entity tag, which would break later changes.
  if (finished.headers.has('etag')) headers['Cache-Control'] += ', no-transform';
  for (const [name, value] of Object.entries(headers)) finished.headers.set(name, value);
  return finished;
}
