import type { Said } from './legible.js';
import { clearStatus, showStatus } from './output.js';

/** How many more must have been looked at for another line, where lines cannot be written over. */
const STEP = 1_000;

/** A line on standard error that says how far a long command has come. */
export class Progress {
  #shown = 0;

  /** `count` is what it has come through so far. */
  show(said: Said, count: number): void {
    if (!process.stderr.isTTY && count < this.#shown + STEP) return;
    showStatus(said);
    this.#shown = count;
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown > 0) clearStatus();
  }
}

/** A signal that Ctrl-C aborts: what is running ends in good order. A second Ctrl-C ends the process. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      process.off('SIGINT', interrupt);
      process.kill(process.pid, 'SIGINT');
      return;
    }
    controller.abort();
    // From the next turn on the system ends the process, however busy it is. A second one that came with the first is delivered in this turn.
    setImmediate(() => process.off('SIGINT', interrupt));
  };
  process.on('SIGINT', interrupt);
  return controller.signal;
}
