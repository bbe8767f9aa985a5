import { WRAPPER_REFUSALS } from '../api/codes.js';
import type { RequestContext } from '../api/conditions.js';
import { LeastkeyError } from '../api/errors.js';
import type { ExplainOptions, RequestLine, VerifyOptions } from '../api/verification.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import type { VerifyCore } from '../core/verify-core.js';
import { parseDuration } from '../input/duration.js';
import { readSignal, refuseUnknownOptions } from '../input/options.js';
import { copyPlain } from '../input/values.js';
import type { Question } from '../runtime/protocol.js';
import { matchRoute } from './route.js';

const CONTEXT_MEMBERS = ['ip', 'origin', 'audience'] as const satisfies (keyof RequestContext)[];

const CONTEXT_OPTIONS = ['signal', ...CONTEXT_MEMBERS] as const satisfies (keyof ExplainOptions)[];

const VERIFY_OPTIONS = [
  ...CONTEXT_OPTIONS,
  'freshness',
  'consume',
  'use',
] as const satisfies (keyof VerifyOptions)[];

const ELSEWHERE = { resource: 'the requirement has it: { permission: "…", resource: "…" }' };

/** The arguments of one `verify`, `explain` or `exchange`. */
export interface AskedQuestion {
  /** For the core. */
  question: Question;
  freshness: number | undefined;
  signal: AbortSignal | undefined;
  /** Whether a valid verdict is a use of the token. */
  use: boolean;
  /** No route matches the request: a valid verdict becomes `no_route`. */
  hasNoRoute?: true;
}

/** Reads the arguments of one call. The caller may change them later. */
export function readQuestion(
  requirement: unknown,
  options: VerifyOptions | undefined,
  of: 'verify' | 'explain' | 'exchange',
): AskedQuestion {
  const question: Question = requirement === undefined ? {} : { requirement: readRequirement(requirement) };
  if (options === undefined) return { question, freshness: undefined, signal: undefined, use: true };
  refuseUnknownOptions(options, of === 'verify' ? VERIFY_OPTIONS : CONTEXT_OPTIONS, of, ELSEWHERE);
  const { signal, consume, use = true } = options;
  if (typeof use !== 'boolean')
    throw new LeastkeyError('invalid_input', 'use: expected true or false', { path: 'use' });
  const freshness =
    options.freshness === undefined ? undefined : parseDuration(options.freshness, 'freshness');
  if (consume !== undefined) question.consume = copyPlain(consume, 'consume') as number;
  const context = readContext(options);
  if (context !== undefined) question.context = context;
  return { question, freshness, signal: readSignal(signal), use };
}

/**
 * {@link readQuestion}; of a request, with the requirement of its route. Without a route, the token
 * is only authenticated, and nothing is used or counted.
 */
export function readRoutedQuestion(
  core: VerifyCore,
  requirement: unknown,
  options: VerifyOptions | undefined,
): AskedQuestion {
  if (!isRequestLine(requirement)) return readQuestion(requirement, options, 'verify');
  const needed = matchRoute(core, requirement.method, requirement.path);
  if (needed !== null) return readQuestion(needed, options, 'verify');
  const asked = readQuestion(undefined, options, 'verify');
  delete asked.question.consume;
  return { ...asked, use: false, hasNoRoute: true };
}

/** The verdict on a request, which is refused if it has no route. */
export function refuseWithoutRoute<V extends FlatVerdict | undefined>(verdict: V, asked: AskedQuestion): V {
  if (asked.hasNoRoute === undefined || verdict === undefined || !verdict.valid) return verdict;
  return { ...verdict, valid: false, ...WRAPPER_REFUSALS.noRoute };
}

function isRequestLine(requirement: unknown): requirement is RequestLine {
  if (typeof requirement !== 'object' || requirement === null) return false;
  const names = Object.keys(requirement);
  return names.length === 2 && names.includes('method') && names.includes('path');
}

/** A list up to this length is copied at once if it has texts only. */
const MAX_SHORT_LIST = 128;

function readRequirement(requirement: unknown): unknown {
  if (typeof requirement === 'string') return requirement;
  if (Array.isArray(requirement) && requirement.length <= MAX_SHORT_LIST) {
    const items: unknown[] = [...requirement];
    if (items.every((item) => typeof item === 'string')) return items;
  }
  return copyPlain(requirement, 'requirement');
}

/** The context of the request, unchecked; `undefined` if nothing of it is known. */
function readContext(options: RequestContext): RequestContext | undefined {
  let context: RequestContext | undefined;
  for (const name of CONTEXT_MEMBERS) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    context ??= {};
    context[name] = (typeof value === 'string' ? value : copyPlain(value, name)) as string;
  }
  return context;
}
