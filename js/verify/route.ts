import type { RouteRequirement } from '../api/verification.js';
import type { VerifyCore } from '../core/verify-core.js';
import { invalidInput, kindOf } from '../input/options.js';
import { requireText } from '../input/values.js';

/** The core matches no longer path or method, so longer ones are not passed to it. */
const MAX_PATH_LENGTH = 2_048;

const MAX_METHOD_LENGTH = 'OPTIONS'.length;

/** The requirement of a request; `null` where no route matches. */
export function matchRoute(core: VerifyCore, method: string, path: string): RouteRequirement | null {
  if (typeof method !== 'string')
    throw invalidInput('method', `expected a text, got ${kindOf(method)}; call match("GET", "/path")`);
  requireText(path, 'path');
  if (method.length > MAX_METHOD_LENGTH || path.length > MAX_PATH_LENGTH) return null;
  return core.match(method, path);
}
