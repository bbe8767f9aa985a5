import type { StringKey } from '../text/strings.js';
import type { TokenFields } from './token-fields.js';

/** A field that would count as empty, though something is written there or belongs to it. */
export interface UnreadableField {
  name: string;
  /** What to do about it. */
  text: StringKey;
}

/**
 * The first field of which no value came, though something is typed in it: half of a time, a number with a letter. A browser gives those as
 * empty, and a restriction that is left out makes a wider token. With `tokenFields`, of a form that shows no difference, also the credits that a
 * refill is missing.
 */
export function unreadableFieldOf(
  form: ParentNode,
  tokenFields: TokenFields | undefined,
): UnreadableField | undefined {
  // A day that cannot be read has an error of its own.
  const fields = [...form.querySelectorAll<HTMLInputElement>('input:not([type="date"])')];
  const typed = fields.find(({ validity }) => validity.badInput);
  if (typed !== undefined) return { name: typed.name, text: 'restrict.unread' };
  const missing = tokenFields !== undefined && tokenFields.every !== 0 && tokenFields.credits === '';
  if (missing && form.querySelector('[name="credits"]') !== null)
    return { name: 'credits', text: 'restrict.creditsMissing' };
  return undefined;
}
