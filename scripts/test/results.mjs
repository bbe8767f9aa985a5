/** The results of a test run, check by check. */

import { bold, green, red } from '../shell/terminal.mjs';

export class Results {
  #rows = [];

  /** @param {{ passed: number, failed: number, skipped?: number }} counts */
  add(label, { passed, failed, skipped = 0 }) {
    this.#rows.push({ label, passed, failed, skipped });
  }

  get passed() {
    return this.#sum('passed');
  }

  get failed() {
    return this.#sum('failed');
  }

  /** A table, and the total in its last line. */
  print() {
    const width = Math.max(...this.#rows.map(({ label }) => label.length));
    console.log(`\n  ${''.padEnd(width)}  passed  failed`);
    for (const { label, passed, failed, skipped } of this.#rows) {
      const numbers = `${String(passed).padStart(8)}${String(failed).padStart(8)}`;
      const line = `  ${label.padEnd(width)}${failed > 0 ? red(numbers) : numbers}`;
      console.log(skipped > 0 ? `${line}   (${skipped} skipped)` : line);
    }
    const total = `${this.passed} passed, ${this.failed} failed`;
    console.log(`\n${bold(this.failed > 0 ? red(total) : green(total))}`);
  }

  #sum(column) {
    return this.#rows.reduce((sum, row) => sum + row[column], 0);
  }
}
