import type { Minted, MintOptions } from '../api/exchange.js';
import { drawEntropy, type ManageCore } from '../core/manage-core.js';
import { refuseUnknownOptions } from '../input/options.js';
import { requireText } from '../input/values.js';
import { stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';

/** Creates a credential where only the manage module is: in the portal. */
export function mintCredential(
  core: ManageCore,
  settings: Pick<Settings, 'reading' | 'entropy'>,
  id: string | undefined,
): Minted {
  const entropy = drawEntropy(settings.entropy);
  try {
    const step = core.mint(settings.reading(), id, entropy);
    if ('answer' in step) return step.answer as Minted;
    throw stepError(step);
  } finally {
    entropy.fill(0);
  }
}

const MINT_OPTIONS = ['id'] as const satisfies (keyof MintOptions)[];

/** Reads the options of `mint`: the id of an existing token, if given. */
export function readMintOptions(options: MintOptions): string | undefined {
  refuseUnknownOptions(options, MINT_OPTIONS, 'mint');
  return options.id === undefined ? undefined : requireText(options.id, 'id');
}
