/**
 * The smallest selection that gives what is wanted. First it gives as little beyond that as can be,
 * then it has as few entries as can be. `{ templates: […ids], add: […ids] }` of it is a selection.
 */
export interface Suggestion {
  /** Templates to choose. */
  templates: Offer[];
  /** Single permissions to add. */
  add: Offer[];
  /**
   * What it gives that was not asked for. This is what the wanted permissions imply, and nothing
   * else.
   */
  excess: string[];
  /**
   * Whether none with as little excess has fewer entries. False only where there are too many to
   * try them all.
   */
  smallest: boolean;
  /** Single templates that would do instead, but give more, the least first. */
  instead: Offer[];
}

/** One entry of a suggestion. */
export interface Offer {
  /** The template, or the permission. */
  id: string;
  /** What it gives of what is wanted. */
  gives: string[];
  /** What it gives besides. */
  excess: string[];
}
