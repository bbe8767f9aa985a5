/** The messages to and from the core. docs/boundary.md has what these types do not say. */

import type { ErrorCode, Problem } from '../api/codes.js';
import type { RequestContext } from '../api/conditions.js';
import { LeastkeyError } from '../api/errors.js';
import type { Range, Write } from '../api/store.js';

/** One management operation: the unchanged arguments of the public method of the same name. */
export type Call =
  | { op: 'create' | 'putAccount' | 'importKey'; input: unknown; actor: unknown }
  | {
      op: 'get' | 'disable' | 'enable' | 'delete' | 'confirmRotation' | 'abortRotation';
      id: unknown;
      actor: unknown;
    }
  | { op: 'getAccount' | 'disableAccount' | 'enableAccount' | 'deleteAccount'; id: unknown; actor: unknown }
  | { op: 'edit'; id: unknown; change: unknown; actor: unknown }
  | { op: 'revoke' | 'rotate'; id: unknown; options: unknown; actor: unknown }
  | { op: 'revokeAll' | 'startJob'; query: unknown; options: unknown; actor: unknown }
  | { op: 'getJob'; id: unknown; actor: unknown }
  | { op: 'advanceJob'; id: unknown; options: unknown; actor: unknown }
  | { op: 'list' | 'describe' | 'drift' | 'purge' | 'audit'; query: unknown; actor: unknown }
  | { op: 'verifyAudit'; query: unknown }
  | { op: 'flush'; uses: unknown };

/** The configuration beside the catalog. */
export interface Config {
  prefix: string;
  /** In hex. The first one seals; all of them open. */
  recordKeys?: string[];
  imported?: unknown;
  /**
   * The number of shards of the change feed of an empty store; absent: as many as the store has.
   */
  shards?: number;
}

/** The question of a verification. */
export interface Question {
  requirement?: unknown;
  context?: RequestContext;
  consume?: number;
  /** When the use is counted, by the host's clock. */
  countedAt?: number;
}

/** Everything read so far for one call. */
export interface Reads {
  values: [key: string, value: string | null][];
  lists: { range: Range; entries: [key: string, value: string][] }[];
}

export interface Need {
  /** The keys of one `get`. Earlier reads of them are out of date. */
  keys: string[];
  list?: Range;
  /** A key that many calls write: those of one process take a lock on it. */
  queue?: string;
  /** The operation ends something, so it goes ahead in the queue. */
  urgent?: true;
}

export interface Refusal {
  code: ErrorCode;
  message: string;
  path?: string;
  problems?: Problem[];
}

/** What the core wants next. Exactly one member is present. */
export type Step =
  | { need: Need }
  | { commit: { writes: Write[]; answer: unknown } }
  | { answer: unknown }
  | { refuse: Refusal };

/** What a management operation wants next. */
export type OperationStep =
  | Step
  /** Immutable values to commit before the next plan. Another call may have written the same. */
  | { prepare: { writes: Write[] } };

/** The error of a step that refuses, or of an unexpected step. */
export function stepError(step: OperationStep): LeastkeyError {
  if (!('refuse' in step))
    return new LeastkeyError('internal', `unexpected step of the core: ${Object.keys(step)}`);
  const { code, message, path, problems } = step.refuse;
  return new LeastkeyError(code, message, { path: path || undefined, problems });
}
