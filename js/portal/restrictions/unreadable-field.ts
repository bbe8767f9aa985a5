import type { StringKey } from '../text/strings.js';
import type { TokenFields } from './token-fields.js';

/** A field that has text but reads as empty, or that lacks a required value. */
export interface UnreadableField {
  name: string;
  /** The key of the text that says what to do. */
  text: StringKey;
}

/**
 * The first field with unreadable text: half of a time, a number with a letter. Browsers report
 * those as empty, and a dropped restriction makes a wider token. With `tokenFields`, for a form
 * without a diff, also a refill without credits.
 */
export function unreadableFieldOf(
  form: ParentNode,
  tokenFields: TokenFields | undefined,
): UnreadableField | undefined {
  // Unreadable dates have an error of their own.
  const fields = [...form.querySelectorAll<HTMLInputElement>('input:not([type="date"])')];
  const typed = fields.find(({ validity }) => validity.badInput);
  if (typed !== undefined) return { name: typed.name, text: 'restrict.unread' };
  const missing = tokenFields !== undefined && tokenFields.every !== 0 && tokenFields.credits === '';
  if (missing && form.querySelector('[name="credits"]') !== null)
    return { name: 'credits', text: 'restrict.creditsMissing' };
  return undefined;
}
