import { invalidInput, kindOf } from '../input/options.js';
import { headersOf, type IncomingBody, targetOf } from './incoming.js';
import { requestBody } from './request-body.js';
import { type OutgoingLike, sendResponse } from './send-response.js';

/** The members of `ServerResponse` that are used for a whole request. */
export interface OutgoingAnswer extends OutgoingLike {
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  shouldKeepAlive?: boolean;
}

/** A listener of node:http, and a middleware of Express and of others like it. */
export type NodeHandler = (
  incoming: IncomingBody,
  outgoing: OutgoingAnswer,
  next?: (error: unknown) => void,
) => Promise<void>;

/**
 * Serves a function from a `Request` to its `Response`, such as `handler` of leastkey/http, on
 * node:http and on frameworks that build on it. Under a mount path it sees the whole path: give
 * `handler` the `basePath` that the client uses. The signal of the request aborts when the client
 * has gone.
 *
 * An error goes to `next`, and without one ends in 500.
 *
 * @example
 * app.all('/leastkey/*rest', toNodeHandler(handler(tokens, { authenticate }))); // Express 5
 * createServer(toNodeHandler(handler(tokens, { authenticate }))); // node:http
 */
export function toNodeHandler(answer: (request: Request) => Response | Promise<Response>): NodeHandler {
  if (typeof answer !== 'function')
    throw invalidInput(
      'answer',
      `got ${kindOf(answer)}; expected a function from a Request to its Response, such as handler(tokens, …), or await it`,
    );
  return async (incoming, outgoing, next) => {
    const leaving = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) leaving.abort(new Error('the client has gone'));
    });
    try {
      const request = webRequest(incoming, outgoing, leaving.signal);
      if (request === undefined) {
        outgoing.statusCode = 400;
        outgoing.end();
      } else await sendResponse(outgoing, await answer(request));
    } catch (error) {
      if (leaving.signal.aborted) return;
      if (next !== undefined) next(error);
      else fail(outgoing);
    }
  };
}

function fail(outgoing: OutgoingAnswer): void {
  if (outgoing.headersSent) outgoing.destroy();
  else {
    outgoing.statusCode = 500;
    outgoing.end();
  }
}

/** Methods that a `Request` refuses. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/i;

/** `undefined` where the request has a URL or a method that no `Request` has. */
function webRequest(
  incoming: IncomingBody,
  outgoing: OutgoingAnswer,
  signal: AbortSignal,
): Request | undefined {
  const { method = 'GET', rawHeaders } = incoming;
  const url = urlOf(incoming);
  if (!URL.canParse(url) || FORBIDDEN.test(method)) return undefined;
  const body = requestBody(incoming, () => {
    outgoing.shouldKeepAlive = false;
  });
  // `duplex` is what Node requires of a body that is a stream; the types of pages lack it.
  const init = { method, headers: headersOf(rawHeaders), body, signal, duplex: 'half' };
  return new Request(url, init as RequestInit);
}

function urlOf(incoming: IncomingBody): string {
  const target = targetOf(incoming);
  // A proxy may be sent the whole URL.
  if (!target.startsWith('/')) return target;
  const scheme = (incoming.socket as { encrypted?: boolean }).encrypted === true ? 'https' : 'http';
  return `${scheme}://${incoming.headers.host ?? 'localhost'}${target}`;
}
