/** Which tokens to compare with the catalog of today. */
export interface DriftQuery {
  /** Whose. Default: the actor's own. */
  owner?: string;
  /** Only tokens that are behind this template. */
  template?: string;
  /** Where the last page ended: its `next`. */
  after?: string;
  /** How many tokens one page looks at, from 1 to 200. Default 200. */
  limit?: number;
}

/** One page of a drift report. It changes nothing: grants are frozen. */
export interface DriftReport {
  /** The tokens that are not what their selection would come to today. */
  items: DriftedToken[];
  /** By template: how many tokens of this page are behind it. */
  templates: TemplateDrift[];
  /** How many tokens this page looked at. Revoked ones are passed over, but counted. */
  scanned: number;
  /** Tokens whose stored records are damaged, so that a report does not hide them. */
  unreadable?: string[];
  /** Give it as `after` for the next page; absent on the last. */
  next?: string;
}

export interface DriftedToken {
  id: string;
  name: string;
  /** What its selection would give today, and it does not have. */
  adds: string[];
  /** What it has, and its selection would not give today. */
  drops: string[];
  /**
   * The templates that it was made from and that are others today: the version then, the version
   * now.
   */
  templates: { id: string; version: number; current?: number; adds: string[] }[];
}

export interface TemplateDrift {
  id: string;
  /** The version today; absent if the catalog has it no more. */
  version?: number;
  /**
   * How many tokens of this page were made from another version, or lack something that it gives
   * today.
   */
  behind: number;
  /** What some of them lack. */
  adds: string[];
}
