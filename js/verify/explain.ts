import type { CredentialSource } from '../api/call.js';
import type { Explanation, Verdict, Wire } from '../api/verification.js';
import type { ManageCore } from '../core/manage-core.js';
import type { Question, Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { verdictFrom } from './verify-credential.js';

/** How many characters a credential has after its prefix and the separator. */
const BODY_LENGTH = 53;

/** What {@link verifyCredential} would say, and why. */
export async function explainCredential(
  core: ManageCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
): Promise<Explanation> {
  const ask = (credential: string, reads: Reads, now: number) =>
    core.explain(credential, question, reads, now);
  const explanation: Verdict & { wire?: Wire } = await verdictFrom(settings, source, ask, signal, 'explain');
  if (explanation.wire !== undefined) return { ...explanation, wire: explanation.wire };
  return {
    ...explanation,
    ...wrongOf(source, explanation, settings.config.prefix),
    wire: wireOf(explanation),
  };
}

/** What is wrong about a text that the wrapper refused, because it is longer than any credential or has other characters than ASCII in it. */
function wrongOf(source: CredentialSource, { code }: Verdict, prefix: string): Pick<Explanation, 'wrong'> {
  if (code !== 'malformed' || typeof source !== 'string') return {};
  if (!source.startsWith(`${prefix}_`)) return { wrong: 'prefix' };
  // In code points, as the core counts.
  return { wrong: [...source].length === prefix.length + BODY_LENGTH + 1 ? 'alphabet' : 'length' };
}

/** The wire form of a verdict that the wrapper gave by itself: no grant was looked at, so there is nothing to redact. */
function wireOf({ status, error }: Verdict): Wire {
  if (error !== undefined) return { status, challenge: `Bearer error="${error}"`, error };
  return status === 401 ? { status, challenge: 'Bearer' } : { status };
}
