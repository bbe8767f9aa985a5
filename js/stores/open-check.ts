/**
 * The check that a database store makes before its first call: once for all concurrent calls, and
 * again after it failed.
 */
export class OpenCheck<Facts> {
  readonly #check: () => Promise<Facts>;
  #checking: Promise<Facts> | undefined;

  /** @param check reads what the database tells of itself, and refuses it by throwing */
  constructor(check: () => Promise<Facts>) {
    this.#check = check;
  }

  /** What the database told of itself when it passed. */
  passed(): Promise<Facts> {
    if (this.#checking !== undefined) return this.#checking;
    const checking = this.#check();
    this.#checking = checking;
    checking.catch(() => {
      if (this.#checking === checking) this.#checking = undefined;
    });
    return checking;
  }

  /** Makes the next call check again. */
  forget(): void {
    this.#checking = undefined;
  }
}
