import type { RouteRequirement } from '../api/verification.js';
import type { VerifyingCore } from '../core/verifying-core.js';
import { requireText } from '../input/values.js';
import { stepError } from '../runtime/protocol.js';

/** The core matches no longer path or method, so longer ones are not passed to it. */
const MAX_PATH_LENGTH = 2_048;

const MAX_METHOD_LENGTH = 'OPTIONS'.length;

/** The requirement of a request; `null` where no route matches. */
export function matchRoute(core: VerifyingCore, method: string, path: string): RouteRequirement | null {
  requireText(method, 'method');
  requireText(path, 'path');
  if (method.length > MAX_METHOD_LENGTH || path.length > MAX_PATH_LENGTH) return null;
  const step = core.match(method, path);
  if ('answer' in step) return step.answer as RouteRequirement | null;
  throw stepError(step);
}
