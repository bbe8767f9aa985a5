/** What every operation can be given for one call. */
export interface CallOptions {
  /**
   * Ends the call early: it rejects with the signal's reason. A change that had been handed to the store by then may have
   * been applied.
   */
  signal?: AbortSignal;
}

/** Milliseconds, or a whole number and a unit: `'500ms'`, `'5s'`, `'10m'`, `'12h'`, `'90d'`, `'2w'`. */
export type Duration = number | string;
