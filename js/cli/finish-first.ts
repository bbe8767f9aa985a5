import { Interrupted } from './exit-codes.js';
import { complain } from './output.js';

/**
 * Runs work that must not be cut off: a secret that was created has to be printed. Ctrl-C meanwhile
 * is answered when the work is done; a second one ends the process.
 *
 * @throws {Interrupted} after the work, if there was a Ctrl-C
 */
export async function finishFirst<T>(work: () => Promise<T>): Promise<T> {
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    process.off('SIGINT', interrupt);
    complain('leastkey: finishing what has begun; Ctrl-C again ends it at once');
  };
  process.on('SIGINT', interrupt);
  try {
    const done = await work();
    if (interrupted) throw new Interrupted('interrupted after it was done; the result is on standard output');
    return done;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
