import { invalidInput } from '../input/options.js';

/** The members of `ServerResponse` that are used. */
export interface OutgoingLike {
  statusCode: number;
  readonly destroyed?: boolean;
  setHeaders(headers: Headers): unknown;
  write(chunk: Uint8Array): boolean;
  end(body?: Uint8Array): unknown;
  destroy(error?: Error): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

/**
 * Sends a response. Its body is sent as it comes, no faster than the client reads, and no longer
 * than the client is there.
 */
export async function sendResponse(outgoing: OutgoingLike, response: Response): Promise<void> {
  if (typeof outgoing?.setHeaders !== 'function' || response?.headers === undefined)
    throw invalidInput(
      'outgoing',
      'expected a ServerResponse of node:http; call sendResponse(outgoing, response)',
    );
  outgoing.statusCode = response.status;
  outgoing.setHeaders(response.headers);
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  outgoing.once('close', stop);
  try {
    await send(reader, outgoing);
  } catch (error) {
    // The client must not take half of a body for the whole.
    outgoing.destroy(error as Error);
    throw error;
  } finally {
    outgoing.off('close', stop);
  }
}

async function send(reader: ReadableStreamDefaultReader<Uint8Array>, outgoing: OutgoingLike): Promise<void> {
  let { done, value } = await reader.read();
  while (!done && value !== undefined) {
    const next = reader.read();
    // A body in one part is sent with its length, and at once.
    if (await Promise.race([next.then((part) => part.done), nextTurn()])) {
      outgoing.end(value);
      return;
    }
    if (!outgoing.write(value)) await drained(outgoing);
    ({ done, value } = await next);
  }
  outgoing.end();
}

const nextTurn = (): Promise<false> =>
  new Promise((resolve) => {
    setImmediate(resolve, false);
  });

/** Resolves when more can be written, or when nothing can. */
function drained(outgoing: OutgoingLike): Promise<void> {
  if (outgoing.destroyed === true) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle);
      outgoing.off('close', settle);
      resolve();
    };
    outgoing.once('drain', settle);
    outgoing.once('close', settle);
  });
}
