import type { CredentialSource } from '../api/call.js';
import type { Explanation, Wire } from '../api/verification.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import type { ManageCore } from '../core/manage-core.js';
import type { Question, Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { verdictFrom } from './verify-credential.js';

/** The length of a credential after its prefix and separator. */
const BODY_LENGTH = 53;

/** The verdict of `verify`, and why. */
export async function explainCredential(
  core: ManageCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
): Promise<Explanation> {
  const ask = (credential: string, reads: Reads, now: number) =>
    core.explain(credential, question, reads, now);
  const explanation: FlatVerdict & { wire?: Wire } = await verdictFrom(
    settings,
    source,
    ask,
    signal,
    'explain',
  );
  if (explanation.wire !== undefined) return explanation as Explanation;
  return {
    ...explanation,
    ...wrongOf(source, explanation, settings.config.prefix),
    wire: wireOf(explanation),
  } as Explanation;
}

/** What is wrong with a text that was refused before the core: too long, or not ASCII. */
function wrongOf(
  source: CredentialSource,
  { code }: FlatVerdict,
  prefix: string,
): Pick<Explanation, 'wrong'> {
  if (code !== 'malformed' || typeof source !== 'string') return {};
  if (!source.startsWith(`${prefix}_`)) return { wrong: 'prefix' };
  // In code points, as in the core.
  return { wrong: [...source].length === prefix.length + BODY_LENGTH + 1 ? 'alphabet' : 'length' };
}

/**
 * The wire form of a verdict without the core. No grant was read, so nothing has to be redacted.
 */
function wireOf({ status, error }: FlatVerdict): Wire {
  if (error !== undefined) return { status, challenge: `Bearer error="${error}"`, error };
  return status === 401 ? { status, challenge: 'Bearer' } : { status };
}
