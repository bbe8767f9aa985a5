import type { CallOptions, Duration } from './call.js';
import type { Actor, TokenRecord, WithoutToken } from './token.js';

/** Options of a rotation. */
export interface RotateOptions {
  /**
   * How long the old secret works beside the new one; 0: not at all. The kind has the default and
   * the maximum.
   */
  grace?: Duration | 0;
  /**
   * Renews the token: its new lifetime from now, within the maximum of its kind. It needs the same
   * authority as creating the token. An expired token can be renewed, but its old secret stays
   * invalid. A token that was revoked, deleted or went idle cannot be renewed.
   */
  expiresIn?: Duration;
  /** Whether the old secret ends when a flush reports a use of the new one. */
  endOldAtFirstUse?: boolean;
  /**
   * The digest of a secret that the client minted: `{ digest, scheme }` of {@link Tokens.mint} with
   * the token's id. No secret is created then, and `token` is null.
   */
  digest?: string;
  /** The scheme of the digest, as returned by `mint`. Required with `digest`. */
  scheme?: string;
  /**
   * Makes retries safe: a second rotation with the same key returns the record, without a secret.
   */
  idempotencyKey?: string;
}

/** The answer of `rotate`. */
export interface Rotated {
  /** The new credential, returned only here; `null` if the client minted it, or on a retry. */
  token: string | null;
  record: TokenRecord;
}

/** {@link Rotated} by a call that makes its secret, and makes it once. */
export interface RotatedWithToken extends Rotated {
  token: string;
}

/**
 * Replaces the secret of a token in two phases. Its id and grant stay, and its expiry unless
 * renewed.
 */
export interface Rotations {
  /**
   * Gives a token a new secret beside the old one. Both work until the grace ends, or the rotation
   * is confirmed or aborted.
   *
   * @throws {LeastkeyError} also `exceeds_ceiling` if the token has more permissions, a longer
   * lifetime or weaker conditions than the actor, `conflict` while another rotation is pending and
   * for an expired token without `expiresIn`, `terminal` for one that is revoked or went idle,
   * `rng_failed`.
   * @example
   * const { token, record } = await tokens.rotate(id, { grace: '24h' }, actor);
   * await deploy(token);
   * await tokens.confirmRotation(record.id, actor);
   */
  rotate(
    id: string,
    options: RotateOptions & Omit<WithoutToken, 'id'>,
    actor: Actor,
    call?: CallOptions,
  ): Promise<RotatedWithToken>;
  /**
   * Gives a token a secret that its client made, or by a call that may be a retry: then the answer
   * has no credential.
   */
  rotate(id: string, options: RotateOptions, actor: Actor, call?: CallOptions): Promise<Rotated>;
  /**
   * Ends the old secret at once.
   *
   * @example
   * const record = await tokens.confirmRotation(id, actor); // record.rotation is gone
   */
  confirmRotation(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /**
   * Ends the new secret; the old one stays. Only during the grace.
   *
   * @example
   * await tokens.abortRotation(id, actor); // the new secret never reached its client
   */
  abortRotation(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
}
