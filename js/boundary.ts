/** The shapes that cross into and out of the core. docs/boundary.md is their contract. */

import type { ErrorCode } from './codes.js';
import type { Problem } from './errors.js';
import type { Range, Write } from './stores/store.js';

/** One management operation: the arguments of the public method of the same name, untouched. */
export type Call =
  | { op: 'create'; input: unknown; actor: unknown }
  | { op: 'get' | 'disable' | 'enable' | 'delete'; id: unknown; actor: unknown }
  | { op: 'revoke'; id: unknown; options: unknown; actor: unknown }
  | { op: 'list' | 'drift'; query: unknown; actor: unknown };

/** Everything read so far for one call. */
export interface Reads {
  values: [key: string, value: string | null][];
  lists: { range: Range; entries: [key: string, value: string][] }[];
}

export interface Need {
  keys: string[];
  list?: Range;
  queue?: string;
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
