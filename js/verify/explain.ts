import type { BearerError } from '../api/codes.js';
import type { Verdict } from '../api/types.js';
import type { ConfiguredCore } from '../core/manage-core.js';
import type { CredentialSource } from '../input/credential.js';
import type { Settings } from '../manage/tokens-options.js';
import type { Question, Reads } from '../runtime/protocol.js';
import { decide } from './verify-credential.js';

/** How many characters a credential has after its prefix and the separator. */
const BODY_LENGTH = 53;

/** Why a credential is refused, for whoever runs the service. Only `wire` of it is for the bearer. */
export interface Explanation extends Verdict {
  /**
   * With `malformed` and `bad_checksum`: the first part of the text that is wrong. `prefix`: it is no credential of this deployment;
   * `length`: a part was lost, or something pasted along; `alphabet`: there is something else than letters and digits in it; `version`: it
   * is of another version of the format; `checksum`: mistyped or made up.
   */
  wrong?: 'prefix' | 'length' | 'alphabet' | 'version' | 'checksum';
  /** With `insufficient_permission`: the fewest permissions that, granted too, would make it a yes. */
  add?: string[];
  /** Single templates that, chosen too, would make it a yes, with what each gives that is not needed; the least first. */
  templates?: { id: string; excess: string[] }[];
  wire: Wire;
}

/**
 * All of a verdict that may go to the network. It is the same for a credential that is unknown, revoked, disabled or expired,
 * and never depends on what a token holds.
 */
export interface Wire {
  /** The HTTP status to answer with. */
  status: number;
  /** The value of the header `WWW-Authenticate` (RFC 6750 §3). */
  challenge?: string;
  error?: BearerError;
  /** With `insufficient_scope`: the permissions that would satisfy the requirement, separated by spaces. */
  scope?: string;
}

/** What {@link verifyCredential} would say, and why. */
export async function explainCredential(
  core: ConfiguredCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
): Promise<Explanation> {
  const ask = (credential: string, reads: Reads, now: number) =>
    core.explain(credential, question, reads, now);
  const explanation: Verdict & { wire?: Wire } = await decide(settings, source, ask, signal, 'explain');
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
