/** Flushes collected uses without a call of the host: docs/operations.md. */

import type { FlushRule } from '../runtime/settings.js';

/** The part of `process` that is used; absent in browsers and workers. */
interface Host {
  process?: { on?(event: 'beforeExit', listener: () => void): unknown };
}

/** Schedules with uses that were not flushed. A process flushes them before it ends. */
const pending = /* @__PURE__ */ new Set<FlushSchedule>();

let isListening = false;

/**
 * Runs a flush some time after a use: by a timer, which keeps no process alive, and before the
 * process ends by itself; or with a request that comes later than that.
 */
export class FlushSchedule {
  readonly #flush: () => Promise<unknown>;
  readonly #rule: FlushRule;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  /** `flush` never rejects. */
  constructor(flush: () => Promise<unknown>, rule: FlushRule) {
    this.#flush = flush;
    this.#rule = rule;
  }

  /** A token was used. Cheap: every verification calls it. */
  noteUse(now: number): void {
    const { interval, waitUntil } = this.#rule;
    if (waitUntil === undefined) {
      if (this.#timer === undefined) this.#start(interval);
      return;
    }
    if (now - this.#last < interval) return;
    this.#last = now;
    waitUntil(this.#flush());
  }

  /** Flushes now. */
  run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    pending.delete(this);
    void this.#flush();
  }

  #start(interval: number): void {
    this.#timer = setTimeout(() => this.run(), interval);
    (this.#timer as { unref?(): void }).unref?.();
    pending.add(this);
    if (isListening) return;
    isListening = true;
    (globalThis as Host).process?.on?.('beforeExit', () => {
      for (const schedule of pending) schedule.run();
    });
  }
}
