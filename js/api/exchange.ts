import type { CallOptions, Duration } from './call.js';
import type { Hint } from './catalog-ids.js';
import type { RequestContext } from './conditions.js';
import type { TokenRecord } from './token.js';

/**
 * What {@link Tokens.exchange} can be given for one call: the conditions of the parent hold for the
 * request that asks.
 */
export interface ExchangeOptions extends CallOptions, RequestContext {}

/** What a session is to be: never more than its parent. */
export interface ExchangeInput<Permission extends string = string> {
  /** A kind of the catalog whose tokens come from an exchange. Default `session`. */
  kind?: string;
  /** Default: all that the parent has. */
  permissions?: readonly Hint<Permission>[];
  /** The resource that it may not leave. Default: the parent's. */
  resource?: string;
  /** How long it lives, at most as long as its parent. Default and longest are the kind's. */
  expiresIn?: Duration;
  /** What people call it. */
  name?: string;
  /** Makes the session of a session a sibling of it, below the same parent. */
  sibling?: boolean;
}

/** The answer of `exchange`. */
export interface Exchanged {
  /** The session's credential. It is here this once and nowhere else. */
  token: string | null;
  record: TokenRecord;
}

/** What {@link Tokens.mint} can be given. */
export interface MintOptions {
  /**
   * The id of a token that exists: for a new secret of it, whose digest goes into `rotate`.
   * Default: a new token's.
   */
  id?: string;
}

/** A credential that its client made. Only `id`, `digest` and `scheme` of it go to the server. */
export interface Minted {
  /** The credential. */
  token: string;
  id: string;
  digest: string;
  /**
   * What the digest is of, by the version of the credential; `create` and `rotate` take it beside
   * the digest.
   */
  scheme: string;
}
