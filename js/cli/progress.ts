import { Interrupted } from './exit-codes.js';
import { clearStatus, showStatus } from './output.js';
import type { Said } from './safe-text.js';

/** The step between two lines if lines cannot be overwritten. */
const STEP = 1_000;

/** A status line with the progress of a long command. */
export class Progress {
  #shown = 0;

  /** `count`: how many are done. */
  show(said: Said, count: number): void {
    if (!process.stderr.isTTY && count < this.#shown + STEP) return;
    showStatus(said);
    this.#shown = count;
  }

  /** Clears the line. */
  end(): void {
    if (this.#shown > 0) clearStatus();
  }
}

/**
 * A signal that Ctrl-C aborts, so that the command stops cleanly. A second Ctrl-C ends the process.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      process.off('SIGINT', interrupt);
      process.kill(process.pid, 'SIGINT');
      return;
    }
    controller.abort(new Interrupted('interrupted'));
    // From the next task on, the default handler ends the process at once. A second signal in this
    // task is ignored.
    setImmediate(() => process.off('SIGINT', interrupt));
  };
  process.on('SIGINT', interrupt);
  return controller.signal;
}
