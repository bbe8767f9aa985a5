import type { Hint } from '../api/catalog-ids.js';
import { LeastkeyError } from '../api/errors.js';
import type { TokenRecord } from '../api/types.js';
import type { ConfiguredCore } from '../core/manage-core.js';
import { type CredentialSource, readCredential } from '../input/credential.js';
import type { Duration } from '../input/duration.js';
import { type OperateOptions, operate, type Plan } from './run-operation.js';
import type { Settings } from './tokens-options.js';

/** What a session is to be: never more than its parent. */
export interface ExchangeInput<Permission extends string = string> {
  /** A kind of the catalog whose tokens come from an exchange. Default `session`. */
  kind?: string;
  /** Default: all that the parent has. */
  permissions?: readonly Hint<Permission>[];
  /** The resource that it may not leave. Default: the parent's. */
  resource?: string;
  /** How long it lives, at most as long as its parent. Default and longest are the kind's. */
  expiresIn?: Duration;
  /** What people call it. */
  name?: string;
  /** Makes the session of a session a sibling of it, below the same parent. */
  sibling?: boolean;
}

/** The answer of `exchange`. */
export interface Exchanged {
  /** The session's credential. It is here this once and nowhere else. */
  token: string | null;
  record: TokenRecord;
}

/** A session token in exchange for a credential. */
export async function exchangeCredential(
  core: ConfiguredCore,
  settings: Settings,
  source: CredentialSource,
  input: unknown,
  options: OperateOptions,
): Promise<Exchanged> {
  const read = readCredential(source);
  if ('refusal' in read) {
    throw new LeastkeyError('invalid_token', `the credential may not be used: ${read.refusal.code}`);
  }
  const plan: Plan = (reads, time, entropy) => core.exchange(read.credential, input, reads, time, entropy);
  return (await operate(settings, plan, options)) as Exchanged;
}
