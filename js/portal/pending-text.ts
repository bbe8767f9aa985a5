import type { Narrowing } from './permissions/narrowing.js';
import { type PortalElement, reveal } from './portal-element.js';
import type { TokenFields } from './restrictions/token-fields.js';
import { type UnreadableField, unreadableFieldOf } from './restrictions/unreadable-field.js';

/** A form whose fields may have pending text. */
export type FormWithPendingText = PortalElement & { unread: UnreadableField | undefined };

/**
 * Commits pending text of a form. Returns whether nothing is left; otherwise shows the problem at
 * the field and focuses it. Silently dropped text would make a wider token.
 */
export async function commitPendingText(
  form: FormWithPendingText,
  tokenFields?: TokenFields,
): Promise<boolean> {
  const unread = unreadableFieldOf(form, tokenFields);
  form.unread = unread;
  if (unread === undefined)
    return (await form.querySelector<Narrowing>('leastkey-narrowing')?.commitPendingText()) ?? true;
  await form.updateComplete;
  const field = form.querySelector<HTMLElement>(`input[name="${unread.name}"]`);
  if (field !== null) reveal(field);
  return false;
}
