import type { Question, Reads } from './boundary.js';
import type { BearerError } from './codes.js';
import type { ConfiguredCore } from './core.js';
import type { CredentialSource } from './credential.js';
import type { Settings } from './options.js';
import type { Verdict } from './types.js';
import { decide } from './verify.js';

/** Why a credential is refused, for whoever runs the service. Only `wire` of it is for the bearer. */
export interface Explanation extends Verdict {
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
  return { ...explanation, wire: explanation.wire ?? wireOf(explanation) };
}

/** The wire form of a verdict that the wrapper gave by itself: no grant was looked at, so there is nothing to redact. */
function wireOf({ status, error }: Verdict): Wire {
  if (error !== undefined) return { status, challenge: `Bearer error="${error}"`, error };
  return status === 401 ? { status, challenge: 'Bearer' } : { status };
}
