/**
 * `; did you mean "expiresIn"?` if a known name is similar to the wrong one, else all known names.
 */
export function didYouMean(wrong: string, known: readonly string[]): string {
  const longest = Math.max(...known.map((name) => name.length));
  // A text far longer than any name is no misspelling.
  const near = wrong.length > 2 * longest ? undefined : nearest(wrong, known);
  return near === undefined ? `; known are ${known.join(', ')}` : `; did you mean "${near}"?`;
}

/**
 * The known name at the smallest edit distance, if at most a third of its length; as in the core.
 */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({
      name,
      distance: distance(wrong.toLowerCase(), name.toLowerCase()),
      letters: Math.max(wrong.length, name.length),
    }))
    .filter(({ distance, letters }) => distance * 3 <= letters)
    .sort((a, b) => a.distance - b.distance)[0]?.name;
}

/** The edit distance, one row at a time. Two letters that changed places are one edit. */
function distance(from: string, to: string): number {
  let [before, row]: number[][] = [[], Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row?.[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      const swapped =
        index > 0 && from[index] === to[column - 2] && from[index - 1] === to[column - 1]
          ? (before?.[column - 2] ?? 0) + 1
          : replaced;
      next.push(Math.min(replaced, swapped, (row?.[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row?.[to.length] ?? 0;
}

/**
 * A caller's name as a message may show it; the rule of the core. A text that does not look like a
 * name may be a credential, and must not reach a log.
 */
export function showName(name: string): string {
  return FORM.test(name) && !isRandom(name) ? name : '…';
}

const FORM = /^[\w.:*/{}()~@, -]{0,40}$/;

/** Whether a text looks random. */
function isRandom(text: string): boolean {
  const turns = text.match(/[a-z](?=[0-9A-Z])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])/g) ?? [];
  const words = text.match(/[0-9A-Za-z]{20,}/g) ?? [];
  return turns.length >= 6 || words.some((word) => /[0-9]/.test(word));
}
