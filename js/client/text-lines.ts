import { LeastkeyError } from '../api/errors.js';

/**
 * The lines of a response, each with its line break.
 *
 * @throws {LeastkeyError} `store_unavailable` if the response ends within a line, or breaks off.
 */
export async function* textLines(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let turn = await reader?.read(); turn?.done === false; turn = await reader?.read()) {
      const lines = (rest + turn.value).split(/(?<=\n)/);
      rest = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
      yield* lines;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw brokenOff(cause);
  } finally {
    // The caller may have stopped early. A stream that failed has ended.
    reader?.cancel().catch(() => {});
  }
  if (rest !== '') throw brokenOff(undefined);
}

const brokenOff = (cause: unknown) =>
  new LeastkeyError('store_unavailable', 'the response broke off: entries are missing at its end', { cause });
