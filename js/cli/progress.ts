/** How many more must have been looked at for another line, where lines cannot be written over. */
const STEP = 1_000;

/** A line on standard error that says how far a long command has come. */
export class Progress {
  readonly #stream = process.stderr;
  #shown = 0;

  /** `count` is what it has come through so far. */
  show(text: string, count: number): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\u001b[K${text}`);
    else if (count < this.#shown + STEP) return;
    else this.#stream.write(`${text}\n`);
    this.#shown = count;
  }

  /** Takes the line away. */
  end(): void {
    if (this.#stream.isTTY && this.#shown > 0) this.#stream.write('\r\u001b[K');
  }
}

/** A signal that Ctrl-C aborts: what is running ends in good order. A second Ctrl-C ends the process. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
