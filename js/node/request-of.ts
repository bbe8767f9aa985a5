import type { GuardRequest } from '../api/call.js';
import { invalidInput } from '../input/options.js';
import { headersOf, type IncomingLike, targetOf } from './incoming.js';

/**
 * The request for a guard, without its body.
 *
 * It has all headers: `request.headers` of node:http drops a second `Authorization`, which must be
 * refused. The path is that of the request line, verbatim, as routers on node:http use it. For
 * `handler` of leastkey/http there is {@link toNodeHandler}.
 *
 * @example
 * app.use(async (request, response, next) => {
 *   const { response: refusal, verdict } = await guard(requestOf(request));
 *   if (refusal) return sendResponse(response, refusal);
 *   request.token = verdict.token;
 *   next();
 * });
 */
export function requestOf(incoming: IncomingLike): GuardRequest {
  if (!Array.isArray(incoming?.rawHeaders)) {
    throw invalidInput(
      'incoming',
      'expected a request of node:http, with its rawHeaders; a Request needs no requestOf',
    );
  }
  const { method = 'GET', rawHeaders } = incoming;
  return { method, url: `http://localhost${targetOf(incoming)}`, headers: headersOf(rawHeaders) };
}
