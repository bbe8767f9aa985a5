import { LeastkeyError } from '../api/errors.js';
import type { Step } from './protocol.js';

/** The error for a step that refuses, or for one that should not have come here. */
export function refusal(step: Step): LeastkeyError {
  if (!('refuse' in step))
    return new LeastkeyError('internal', `unexpected step of the core: ${Object.keys(step)}`);
  const { code, message, path, problems } = step.refuse;
  return new LeastkeyError(code, message, { path: path || undefined, problems });
}
