import type { Narrowing } from './permissions/narrowing.js';
import { type PortalElement, reveal } from './portal-element.js';
import type { TokenFields } from './restrictions/token-fields.js';
import { type UnreadableField, unreadableFieldOf } from './restrictions/unreadable-field.js';

/** A form in which a field may have something that does not count yet. */
export type Unsettled = PortalElement & { unread: UnreadableField | undefined };

/**
 * Whether all that is typed in a form counts. What does not yet is added, or said to be wrong at its field, which gets the focus: what is
 * dropped in silence makes a wider token than was meant.
 */
export async function settle(form: Unsettled, tokenFields?: TokenFields): Promise<boolean> {
  const unread = unreadableFieldOf(form, tokenFields);
  form.unread = unread;
  if (unread === undefined)
    return (await form.querySelector<Narrowing>('leastkey-narrowing')?.settle()) ?? true;
  await form.updateComplete;
  const field = form.querySelector<HTMLElement>(`input[name="${unread.name}"]`);
  if (field !== null) reveal(field);
  return false;
}
