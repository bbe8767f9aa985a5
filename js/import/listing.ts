/** The most of a list that a note has: one list of a document can be that of all its operations. */
const MAX_SHOWN = 5;

/** A list in words, shortened where it is long. */
export function listed(items: readonly string[], separator: string): string {
  const shown = items.slice(0, MAX_SHOWN);
  const rest = items.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(separator);
}
