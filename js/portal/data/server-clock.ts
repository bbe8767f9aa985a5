/**
 * The clock of the server, by the `Date` of its last response. A device may be minutes off, and the
 * server would refuse what depends on its clock: the id of a new credential, a maximal expiry.
 * Before the first response, it is the clock of the device.
 */
export class ServerClock {
  #ahead = 0;

  /** Behind the server by the latency and a second, never ahead. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Updates the clock from a new response. */
  take({ headers }: Response): void {
    const date = Date.parse(headers.get('date') ?? '');
    const age = Number(headers.get('age') ?? 0);
    // Ignores responses from caches, and unreadable dates.
    if (!Number.isNaN(date) && age === 0) this.#ahead = date - Date.now();
  }
}
