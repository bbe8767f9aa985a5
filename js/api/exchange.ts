import type { CallOptions, Duration } from './call.js';
import type { RequestContext } from './conditions.js';
import type { TokenRecord } from './token.js';

/**
 * Options of {@link Tokens.exchange}. The conditions of the parent apply to the request that asks.
 */
export interface ExchangeOptions extends CallOptions, RequestContext {}

/** A session to create. It never exceeds its parent. */
export interface ExchangeInput<Permission extends string = string> {
  /** A kind of the catalog for exchanged tokens. Default `session`. */
  kind?: string;
  /** The permissions. Default: all of the parent. */
  permissions?: readonly Permission[];
  /** The resource to which it is limited. Default: the parent's. */
  resource?: string;
  /** Its lifetime, at most that of its parent. The kind has the default and the maximum. */
  expiresIn?: Duration;
  /** The display name. */
  name?: string;
  /** Creates the session of a session as its sibling, with the same parent. */
  sibling?: boolean;
}

/** The answer of `exchange`. */
export interface Exchanged {
  /** The credential of the session. It is returned only here. */
  token: string;
  record: TokenRecord;
}

/** Options of {@link Tokens.mint}. */
export interface MintOptions {
  /**
   * The id of an existing token, for a new secret whose digest goes into `rotate`. Default: a new
   * id.
   */
  id?: string;
}

/** A credential created by its client. Only `id`, `digest` and `scheme` go to the server. */
export interface Minted {
  /** The credential. */
  token: string;
  id: string;
  digest: string;
  /** The scheme of the digest. Pass it to `create` or `rotate` beside the digest. */
  scheme: string;
}
