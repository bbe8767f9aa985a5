/** The answer of `flush`. */
export interface FlushReport {
  /** How many tokens had their use written. */
  flushed: number;
  /**
   * How many uses were dropped since the last flush: more than 10,000 tokens were in use, or the
   * use was refused (see `refused`).
   */
  uncounted: number;
  /** Tokens with unreadable stored values. */
  unreadable?: string[];
  /** Tokens whose use was refused. It is not retried. */
  refused?: string[];
}

/** When permissions of a token were last required. */
export interface PermissionUse {
  /**
   * Since when every use has recorded its requirement: a permission without a time was not required
   * since.
   */
  since: number;
  lastUsedAt: Record<string, number>;
}

/** When a token was last used from an address. */
export interface AddressUse {
  address: string;
  at: number;
}
