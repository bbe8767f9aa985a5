/**
 * The server's clock, by the `Date` of its last answer. A device may be minutes off, and what is made by its clock would be refused: the
 * id of a new credential, an end as late as the kind allows. Until an answer has told, the device's clock counts.
 */
export class ServerClock {
  #ahead = 0;

  /** Behind the server's by what an answer takes and a second, never ahead of it. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Takes in an answer that has just come. */
  take({ headers }: Response): void {
    const date = Date.parse(headers.get('date') ?? '');
    const age = Number(headers.get('age') ?? 0);
    // From a cache in between it is of another time, and an unreadable one is of none.
    if (!Number.isNaN(date) && age === 0) this.#ahead = date - Date.now();
  }
}
