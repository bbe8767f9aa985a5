import type { CredentialSource } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { Exchanged } from '../api/exchange.js';
import type { ManageCore } from '../core/manage-core.js';
import { readCredential } from '../input/credential.js';
import type { Settings } from '../runtime/settings.js';
import { type Plan, type RunOptions, runPlan } from './run-operation.js';

/** A session token in exchange for a credential. */
export async function exchangeCredential(
  core: ManageCore,
  settings: Settings,
  source: CredentialSource,
  input: unknown,
  options: RunOptions,
): Promise<Exchanged> {
  const read = readCredential(source);
  if ('refusal' in read) {
    throw new LeastkeyError('invalid_token', `the credential may not be used: ${read.refusal.code}`);
  }
  const plan: Plan = (reads, time, entropy) => core.exchange(read.credential, input, reads, time, entropy);
  return (await runPlan(settings, plan, options)) as Exchanged;
}
