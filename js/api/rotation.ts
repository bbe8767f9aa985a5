import type { CallOptions, Duration } from './call.js';
import type { Actor, TokenRecord } from './token.js';

/** How a token's secret is replaced. */
export interface RotateOptions {
  /** How long the old secret works beside the new one. Default and longest are the kind's. */
  grace?: Duration;
  /**
   * Renews the token: it ends so long from now, within what its kind allows. The whole question of
   * authority is asked. A token that has expired can be renewed, but its old secret does not come
   * back; one that was revoked, deleted or went idle cannot.
   */
  expiresIn?: Duration;
  /** Whether the old secret ends as soon as a flush tells that the new one was used. */
  endOldAtFirstUse?: boolean;
  /**
   * The digest of a secret that the client minted: `{ digest, scheme }` of {@link Tokens.mint} with
   * the token's id. Then nothing is made here, and `token` is null.
   */
  digest?: string;
  /** What the digest is of, as `mint` answers it. Required beside `digest`. */
  scheme?: string;
  /** Two rotations with the same key are one; the second finds its record, but no secret. */
  idempotencyKey?: string;
}

/** The answer of `rotate`. */
export interface Rotated {
  /**
   * The new credential, here this once; `null` when the client minted it, or an idempotency key
   * found an earlier rotation.
   */
  token: string | null;
  record: TokenRecord;
}

/**
 * Replacing a token's secret in two phases. Its id and grant stay as they are, and its end unless
 * it is renewed.
 */
export interface Rotations {
  /**
   * Gives a token a new secret beside the old one. Both work until the grace is over, the rotation
   * is confirmed or it is aborted.
   *
   * @throws {LeastkeyError} also `exceeds_ceiling` where the token can do more, lasts longer or is
   * bound less than the actor, `conflict` while another rotation is pending and for an expired
   * token without `expiresIn`, `terminal` for one that is revoked or went idle, `rng_failed`.
   * @example
   * const { token, record } = await tokens.rotate(id, { grace: '24h' }, actor);
   * await deploy(token);
   * await tokens.confirmRotation(record.id, actor);
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
   * Takes the new secret back; the old one goes on. Only while the grace lasts.
   *
   * @example
   * await tokens.abortRotation(id, actor); // the new secret never reached its client
   */
  abortRotation(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
}
