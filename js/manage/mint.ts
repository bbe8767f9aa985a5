import { type ConfiguredCore, drawEntropy } from '../core/manage-core.js';
import { refusal } from '../runtime/refusal.js';
import type { Settings } from './tokens-options.js';

/** What {@link Tokens.mint} can be given. */
export interface MintOptions {
  /** The id of a token that exists: for a new secret of it, whose digest goes into `rotate`. Default: a new token's. */
  id?: string;
}

/** A credential that its client made. Only `id`, `digest` and `scheme` of it go to the server. */
export interface Minted {
  /** The credential. */
  token: string;
  id: string;
  digest: string;
  /** What the digest is of, by the version of the credential; `create` and `rotate` take it beside the digest. */
  scheme: string;
}

/** Makes a credential without a store being asked. */
export function mintCredential(
  core: ConfiguredCore,
  settings: Pick<Settings, 'reading' | 'entropy'>,
  id: string | undefined,
): Minted {
  const entropy = drawEntropy(settings.entropy);
  try {
    const step = core.mint(settings.reading(), id, entropy);
    if ('answer' in step) return step.answer as Minted;
    throw refusal(step);
  } finally {
    entropy.fill(0);
  }
}
