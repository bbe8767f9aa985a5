import { invalidInput } from '../input/options.js';
import type { IncomingBody } from './incoming.js';

/**
 * The body of a request to a node:http server, for a `Request`. `onCancel` is called when the
 * reader of the body stops early.
 */
export function requestBody(incoming: IncomingBody, onCancel: () => void): BodyInit | null {
  if (incoming.method === 'GET' || incoming.method === 'HEAD') return null;
  return incoming.readableDidRead === true ? parsedBody(incoming) : streamOf(incoming, onCancel);
}

/** A body that another middleware has read, as Express's parsers do it, is written again. */
function parsedBody({ body, headers }: IncomingBody): BodyInit {
  if (typeof body === 'string' || body instanceof Uint8Array) return body as BodyInit;
  if (typeof body === 'object' && body !== null) {
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    return isForm ? String(new URLSearchParams(body as Record<string, string>)) : JSON.stringify(body);
  }
  throw invalidInput(
    'request',
    'its body has been read already, and is not in request.body: mount toNodeHandler before what reads bodies',
  );
}

/** Reads no faster than the body is taken. */
function streamOf(incoming: IncomingBody, onCancel: () => void): ReadableStream<Uint8Array> {
  let begun = false;
  let ended = false;
  const end = (settle: () => void) => () => {
    if (!ended) settle();
    ended = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (begun) {
          incoming.resume();
          return;
        }
        begun = true;
        const fail = end(() => controller.error(new Error('the client has gone before its body was read')));
        incoming.on('data', (chunk: Uint8Array) => {
          if (ended) return;
          controller.enqueue(chunk);
          incoming.pause();
        });
        incoming.once(
          'end',
          end(() => controller.close()),
        );
        incoming.once('error', fail);
        incoming.once('close', fail);
      },
      cancel() {
        ended = true;
        onCancel();
        // The rest is thrown away, so that the client comes to read the answer.
        incoming.resume();
      },
    },
    { highWaterMark: 0 },
  );
}
