import type { Fault } from './store-under-test.js';

/** The fault that is set, and the traffic of all connections since then. */
export class FaultState {
  fault: Fault | undefined;
  /** Whether the last fault has happened; `heal` does not reset it. */
  struck = false;
  /** Requests and answers that have begun since the fault was set. */
  requests = 0;
  answers = 0;

  set(fault: Fault | undefined): void {
    this.fault = fault;
    if (fault === undefined) return;
    this.struck = fault.kind === 'stall' || fault.kind === 'delay';
    this.requests = 0;
    this.answers = 0;
  }

  /** Counts a request. Whether it is lost. */
  beginRequest(): boolean {
    this.requests += 1;
    return this.#strikes(this.fault?.kind === 'lose' && this.fault.request === this.requests);
  }

  /** Counts an answer. Whether the connection is cut instead of passing it. */
  beginAnswer(): boolean {
    this.answers += 1;
    return this.#strikes(this.fault?.kind === 'cut' && this.fault.answer === this.answers);
  }

  /** Whether the request that begins is sent twice. */
  duplicates(): boolean {
    return this.#strikes(this.fault?.kind === 'duplicate');
  }

  #strikes(now: boolean): boolean {
    if (!now || this.struck) return false;
    this.struck = true;
    return true;
  }
}
