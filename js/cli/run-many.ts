import { exitOf, exits, Interrupted } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import { complain, print, printJson } from './output.js';
import { printOne } from './print-result.js';
import { interruption } from './progress.js';
import { redactStrictly } from './redact-credentials.js';
import { type Legible, line } from './safe-text.js';
import type { Target } from './target.js';

/**
 * Runs an operation on one token or on many, one after the other, and prints each result. On many,
 * a refusal of one does not stop the others; the exit code is that of the worst.
 *
 * @throws what `act` throws for a single id, and what makes the rest pointless, such as a store
 * that is unavailable
 */
export async function eachToken<T extends object>(
  ids: readonly string[],
  target: Target,
  act: (id: string) => Promise<T>,
  text: (result: T) => Legible,
): Promise<void> {
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) {
    const result = await act(only);
    return printOne(target, result, () => text(result));
  }
  const items: T[] = [];
  const failed: { id: string; code: string; message: string }[] = [];
  const signal = interruption();
  try {
    for (const id of ids) {
      if (signal.aborted) throw new Interrupted(`interrupted: ${items.length} of ${ids.length} were done`);
      try {
        const result = await act(id);
        items.push(result);
        if (!target.json) printOne(target, result, () => text(result));
      } catch (error) {
        if (!isLeastkeyError(error) || exitOf(error) === exits.unavailable) throw error;
        const message = redactStrictly(error.message);
        failed.push({ id, code: error.code, message });
        process.exitCode = Math.max(Number(process.exitCode ?? 0), exitOf(error));
        if (!target.json) complain(line`leastkey: ${redactStrictly(id)}: ${message}`);
      }
    }
  } finally {
    if (target.json) printJson({ items, failed });
  }
  if (failed.length > 0 && !target.json && !target.quiet)
    print(line`${items.length} of ${ids.length} were done.`);
}
