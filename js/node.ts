/**
 * For servers on node:http, Express among them: a guard's view of a request, and its answer sent.
 *
 * @packageDocumentation
 */

import type { GuardRequest } from './api/call.js';

/** What of an `IncomingMessage` is read. */
export interface IncomingLike {
  method?: string | undefined;
  url?: string | undefined;
  /** The whole path, where a router of Express has cut its own off `url`. */
  originalUrl?: string | undefined;
  rawHeaders: readonly string[];
}

/** What of a `ServerResponse` is used. */
export interface OutgoingLike {
  statusCode: number;
  setHeaders(headers: Headers): unknown;
  end(body: Uint8Array): unknown;
}

/**
 * The request as a guard takes it, without its body.
 *
 * All headers are there: node:http itself drops a second `Authorization`, which has to be seen to be refused. The path is the one
 * of the request line, to the letter, which is what routers on node:http go by.
 *
 * @example
 * app.use(async (request, response, next) => {
 *   const { response: refusal, verdict } = await guard(requestOf(request));
 *   if (refusal) return sendResponse(response, refusal);
 *   request.token = verdict.token;
 *   next();
 * });
 */
export function requestOf({
  method = 'GET',
  url = '',
  originalUrl = url,
  rawHeaders,
}: IncomingLike): GuardRequest {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }
  return { method, url: `http://localhost${originalUrl}`, headers };
}

/** Sends an answer, whole. */
export async function sendResponse(outgoing: OutgoingLike, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  outgoing.statusCode = response.status;
  outgoing.setHeaders(response.headers);
  outgoing.end(body);
}
