/**
 * For servers on node:http, such as Express: converts a request for a guard, and sends its
 * response.
 *
 * @packageDocumentation
 */

import type { GuardRequest } from './api/call.js';

/** The members of `IncomingMessage` that are read. */
export interface IncomingLike {
  method?: string | undefined;
  url?: string | undefined;
  /** The whole path, if an Express router has removed its mount path from `url`. */
  originalUrl?: string | undefined;
  rawHeaders: readonly string[];
}

/** The members of `ServerResponse` that are used. */
export interface OutgoingLike {
  statusCode: number;
  setHeaders(headers: Headers): unknown;
  end(body: Uint8Array): unknown;
}

/**
 * The request for a guard, without its body.
 *
 * It has all headers: `request.headers` of node:http drops a second `Authorization`, which must be
 * refused. The path is that of the request line, verbatim, as routers on node:http use it.
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

/** Sends a response with its body. */
export async function sendResponse(outgoing: OutgoingLike, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  outgoing.statusCode = response.status;
  outgoing.setHeaders(response.headers);
  outgoing.end(body);
}
