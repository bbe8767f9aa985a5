import type { Branch, Preview, ResolveOptions } from '../api/selection.js';
import { type Step, stepError } from '../runtime/protocol.js';
import { type ManageCore, WHOLE_TREE } from './manage-core.js';

/**
 * The preview of a selection. The whole tree is made when it is read: of a large catalog it is most
 * of the work, and few callers look at it.
 */
export function previewOf(
  core: ManageCore,
  selection: unknown,
  tree: NonNullable<ResolveOptions['tree']>,
): Preview {
  if (typeof tree === 'object') {
    const { below, depth = WHOLE_TREE } = tree;
    return answered(core.resolve(selection, depth, below));
  }
  const preview = answered(core.resolve(selection, 0));
  if (!tree) return preview;
  return Object.defineProperty(preview, 'tree', {
    configurable: true,
    enumerable: true,
    get(): Branch[] {
      const { tree: value } = answered(core.resolve(selection, WHOLE_TREE)) as Required<Preview>;
      Object.defineProperty(preview, 'tree', { configurable: true, enumerable: true, value, writable: true });
      return value;
    },
  });
}

function answered(step: Step): Preview {
  if ('answer' in step) return step.answer as Preview;
  throw stepError(step);
}
