/** Which tokens to compare with the current catalog. */
export interface DriftQuery {
  /** The owner. Default: the actor itself. */
  owner?: string;
  /** Only tokens that differ from this template. */
  template?: string;
  /** Where to continue: the `next` of the last page. */
  after?: string;
  /** How many tokens one page reads, from 1 to 200. Default 200. */
  limit?: number;
}

/** One page of a drift report. It changes nothing, because grants are frozen. */
export interface DriftReport {
  /** The tokens whose grant differs from what their selection resolves to now. */
  items: DriftedToken[];
  /** By template: how many tokens of this page differ from it. */
  templates: TemplateDrift[];
  /** How many tokens this page read. Revoked ones are counted, but not compared. */
  scanned: number;
  /** Tokens with damaged records. */
  unreadable?: string[];
  /** The `after` of the next page; absent on the last page. */
  next?: string;
}

export interface DriftedToken {
  id: string;
  name: string;
  /** Permissions that its selection would grant now, and that it does not have. */
  adds: string[];
  /** Permissions that it has, and that its selection would not grant now. */
  drops: string[];
  /** Its templates that have changed: the version then, and the version now. */
  templates: { id: string; version: number; current?: number; adds: string[] }[];
}

export interface TemplateDrift {
  id: string;
  /** The current version; absent if the catalog no longer has it. */
  version?: number;
  /** How many tokens of this page have another version, or lack permissions that it grants now. */
  behind: number;
  /** The permissions that some of them lack. */
  adds: string[];
}
