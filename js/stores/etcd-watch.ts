/** A watch of etcd over its gateway: an answer that goes on, with a message in each line. */

import type { Pushes } from './keep-listening.js';

/** A message of a watch. */
interface WatchMessage {
  result?: { created?: boolean; canceled?: boolean; events?: unknown[] };
  error?: unknown;
}

/**
 * Reads the messages of a watch. It resolves when etcd says that it has begun, and then reports
 * events until the answer ends.
 *
 * @param request sends the request; the signal ends it
 * @param timeout how long the beginning may take, in milliseconds
 * @returns what ends it
 */
export async function readWatch(
  request: (signal: AbortSignal) => Promise<Response>,
  timeout: number,
  { push, lost }: Pushes,
): Promise<() => void> {
  const abort = new AbortController();
  const end = () => abort.abort();
  const tooLate = setTimeout(end, timeout);
  try {
    const { body } = await request(abort.signal);
    const messages = messagesOf(body);
    const { value: first } = await messages.next();
    if (first?.result?.created !== true) throw new Error('etcd: the watch did not begin');
    report(messages, push).then(lost, lost);
    return end;
  } catch (error) {
    end();
    throw error;
  } finally {
    clearTimeout(tooLate);
  }
}

async function report(messages: AsyncIterable<WatchMessage>, push: () => void): Promise<void> {
  for await (const { result, error } of messages) {
    if (error !== undefined || result?.canceled === true) return;
    if (result?.events !== undefined) push();
  }
}

async function* messagesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<WatchMessage> {
  const reader = body?.pipeThrough(new TextDecoderStream() as never).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line);
  }
}
