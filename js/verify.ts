import type { Reads, Step } from './boundary.js';
import { readClock } from './clock.js';
import { WRAPPER_REFUSALS } from './codes.js';
import { type ConfiguredCore, refusal } from './core.js';
import { type CredentialSource, readCredential } from './credential.js';
import { fetchNeed } from './drive.js';
import type { Settings } from './options.js';
import { Deadline } from './time-limit.js';
import type { Verdict } from './types.js';

/** The verdict on a credential. */
export async function verifyCredential(
  core: ConfiguredCore,
  settings: Settings,
  source: CredentialSource,
  question: { requirement?: unknown },
  signal?: AbortSignal,
): Promise<Verdict> {
  const ask = (credential: string, reads: Reads, now: number) =>
    core.verify(credential, question, reads, now);
  return decide(settings, source, ask, signal);
}

/**
 * A verdict on a credential, by the core once it has been given what it needs from the store. Whatever a client sends and
 * whatever a store does ends in a verdict; only a mistake of the program (a requirement that cannot be read, a broken clock)
 * throws, and an abort, with the signal's reason.
 */
export async function decide(
  settings: Settings,
  source: CredentialSource,
  ask: (credential: string, reads: Reads, now: number) => Step,
  signal?: AbortSignal,
): Promise<Verdict> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.refuseAborted();
  const asOf = readClock(settings.now);
  const read = readCredential(source);
  if ('refusal' in read) return { valid: false, ...read.refusal, asOf };
  const reads: Reads = { values: [], lists: [] };
  for (;;) {
    // Decided by the time of the decision: a slow store must not carry a token past its expiry.
    const step = ask(read.credential, reads, readClock(settings.now));
    if ('answer' in step) return { ...(step.answer as Verdict), asOf };
    if (!('need' in step)) throw refusal(step);
    try {
      await fetchNeed(settings.store, step.need, reads, deadline);
    } catch {
      deadline.refuseAborted();
      return { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf };
    }
  }
}
