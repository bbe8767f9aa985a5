/**
 * The smallest selection that grants the wanted permissions: with the least excess, then with the
 * fewest entries. Its `{ templates: […ids], add: […ids] }` is a selection.
 */
export interface Suggestion {
  /** Templates to choose. */
  templates: Offer[];
  /** Single permissions to add. */
  add: Offer[];
  /** The permissions that it grants beyond the wanted ones: only those that they imply. */
  excess: string[];
  /**
   * Whether it provably has the fewest entries. False if there were too many candidates to try all.
   */
  smallest: boolean;
  /** Single templates that would suffice, but grant more; the least excess first; at most ten. */
  instead: Offer[];
  /** How many more such templates there are, if there are more. */
  insteadMore?: number;
}

/** One entry of a suggestion. */
export interface Offer {
  /** The template, or the permission. */
  id: string;
  /** The wanted permissions that it grants. */
  gives: string[];
  /** The other permissions that it grants. */
  excess: string[];
}
