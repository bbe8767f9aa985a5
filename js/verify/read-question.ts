import type { RequestContext } from '../api/conditions.js';
import { LeastkeyError } from '../api/errors.js';
import type { ExplainOptions, VerifyOptions } from '../api/verification.js';
import { parseDuration } from '../input/duration.js';
import { readSignal, refuseUnknownOptions } from '../input/options.js';
import { copyPlain } from '../input/values.js';
import type { Question } from '../runtime/protocol.js';

const CONTEXT_OPTIONS = ['signal', 'ip', 'origin', 'audience'] as const satisfies (keyof ExplainOptions)[];

const VERIFY_OPTIONS = [
  ...CONTEXT_OPTIONS,
  'freshness',
  'consume',
  'use',
] as const satisfies (keyof VerifyOptions)[];

/**
 * Reads the options of one `verify`, `explain` or `exchange`: the question for the core, and the
 * signal.
 */
export function readQuestion(
  requirement: unknown,
  options: VerifyOptions,
  of: 'verify' | 'explain' | 'exchange',
): { question: Question; freshness: number | undefined; signal: AbortSignal | undefined } {
  refuseUnknownOptions(options, of === 'verify' ? VERIFY_OPTIONS : CONTEXT_OPTIONS, of);
  const { signal, consume, use, ip, origin, audience } = options;
  if (use !== undefined && typeof use !== 'boolean')
    throw new LeastkeyError('invalid_input', 'use: expected true or false', { path: 'use' });
  const freshness =
    options.freshness === undefined ? undefined : parseDuration(options.freshness, 'freshness');
  const question: Question = {};
  if (requirement !== undefined) question.requirement = copyPlain(requirement, 'requirement');
  if (consume !== undefined) question.consume = copyPlain(consume, 'consume') as number;
  if (ip !== undefined || origin !== undefined || audience !== undefined) {
    question.context = copyPlain({ ip, origin, audience }, '') as RequestContext;
  }
  return { question, freshness, signal: readSignal(signal) };
}
