/** The answer of `flush`. */
export interface FlushReport {
  /** How many tokens' use was written. */
  flushed: number;
  /**
   * How many uses were not counted since the last flush: more than 10,000 tokens were in use at a time, or they were refused, as
   * `refused` tells.
   */
  uncounted: number;
  /** The tokens of which what is stored cannot be read. */
  unreadable?: string[];
  /** The tokens whose use was refused, and is not tried again. */
  refused?: string[];
}

/** When permissions of a token were last asked for. */
export interface PermissionUse {
  /** From when on every use has told what it was for: a permission without a time was not asked for since. */
  since: number;
  lastUsedAt: Record<string, number>;
}

/** When a token was last used from an address. */
export interface AddressUse {
  address: string;
  at: number;
}
