/** The shapes that cross into and out of the core. docs/boundary.md is their contract. */

import type { ErrorCode, Problem } from '../api/codes.js';
import type { RequestContext } from '../api/conditions.js';
import { LeastkeyError } from '../api/errors.js';
import type { Range, Write } from '../api/store.js';

/** One management operation: the arguments of the public method of the same name, untouched. */
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

/** What `configure` is given beside the catalog. */
export interface Config {
  prefix: string;
  /** As hex digits. The first seals, all open. */
  recordKeys?: string[];
  imported?: unknown;
  /** How many shards the change feed of an empty store gets; absent: as many as the store has. */
  shards?: number;
}

/** What a verification is asked. */
export interface Question {
  requirement?: unknown;
  context?: RequestContext;
  consume?: number;
  /** When the use is counted, by the host's own reading of its clock. */
  countedAt?: number;
}

/** Everything read so far for one call. */
export interface Reads {
  values: [key: string, value: string | null][];
  lists: { range: Range; entries: [key: string, value: string][] }[];
}

export interface Need {
  /** For one `get`. What was read of some of them before is out of date then. */
  keys: string[];
  list?: Range;
  /** A key that many writers change: those of one process take turns at it. */
  queue?: string;
  /** The operation ends something: it overtakes the others in the queue. */
  urgent?: true;
}

export interface Refusal {
  code: ErrorCode;
  message: string;
  path?: string;
  problems?: Problem[];
}

/** What the core wants next. Exactly one member is there. */
export type Step =
  | { need: Need }
  | { commit: { writes: Write[]; answer: unknown } }
  | { answer: unknown }
  | { refuse: Refusal };

/** The error for a step that refuses, or for one that should not have come here. */
export function refusal(step: Step): LeastkeyError {
  if (!('refuse' in step))
    return new LeastkeyError('internal', `unexpected step of the core: ${Object.keys(step)}`);
  const { code, message, path, problems } = step.refuse;
  return new LeastkeyError(code, message, { path: path || undefined, problems });
}
