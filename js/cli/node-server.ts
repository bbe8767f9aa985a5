import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { requestOf, sendResponse } from '../node.js';

/** A server on this machine alone, for a function from `Request` to `Response`. */
export async function listen(answer: (request: Request) => Promise<Response>, port: number): Promise<Server> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      await sendResponse(outgoing, await answer(webRequest(incoming)));
    } catch {
      // A client that has gone, or a request line that is no URL.
      if (!outgoing.headersSent) outgoing.statusCode = 400;
      outgoing.end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function webRequest(incoming: IncomingMessage): Request {
  const { method, url, headers } = requestOf(incoming);
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream);
  return new Request(url, {
    method,
    headers: headers as Headers,
    body,
    ...(body !== null && { duplex: 'half' }),
  } as RequestInit);
}
