import type { CallOptions } from './call.js';

/** Keeps a runtime alive for work that outlives its request: `waitUntil` of a worker. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** The use of one token since the last flush: as a verifier hands it on. */
export interface TokenUse {
  id: string;
  /** When it was last used. */
  at: number;
  /**
   * When the first of these uses was, if before `at`. A token that was idle by then is not revived
   * by later uses.
   */
  firstAt?: number;
  /** How many uses. */
  uses: number;
  /** The revision of the rotation whose new secret was used. */
  successor?: number;
  /** A secret that was rotated out was used. */
  reused?: true;
  /**
   * The revision of the rotation whose old secret was used after its grace. The flush decides
   * whether the grace was over.
   */
  graceOver?: number;
  /** The requirements: permissions, and expressions over them. */
  asked?: string[];
  /** Some uses had no requirement, or one beyond the maximum. */
  untold?: true;
  /** The last use from each of the last few addresses, if the host records them. */
  from?: Record<string, number>;
}

/** Options of `flush`. */
export interface FlushOptions extends CallOptions {
  /** Uses that a verifier has handed on, which are written too. */
  uses?: readonly TokenUse[];
}

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
