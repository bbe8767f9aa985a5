import type { RevokeAllQuery } from './bulk.js';
import type { CallOptions } from './call.js';
import type { Actor } from './token.js';

/** A `revokeAll` that is kept in the store, so that it goes on in whatever process asks next. */
export interface Job {
  id: string;
  /** Of this owner and of all that stand below it; `''` for everyone. */
  owner: string;
  tag?: string;
  subject?: string;
  reason?: string;
  startedAt: number;
  startedBy: string;
  /** When its last page was done. */
  updatedAt: number;
  /** Whether it came to the end. */
  complete: boolean;
  /** How many commits there were. */
  pages: number;
  /** How many tokens it has ended. Which, the audit trails of their owners say. */
  revoked: number;
  /** How many were revoked before. */
  already: number;
  /** How many tokens it has looked at. */
  scanned: number;
  /** The first hundred of those that are not its actor's to end. */
  notAllowed: string[];
  /** The first hundred of those whose stored records are damaged. Verification refuses them. */
  unreadable: string[];
}

export interface AdvanceOptions extends CallOptions {
  /** Called after each page. */
  onProgress?: (job: Job) => void;
}

/** `revokeAll` as a job: what ends more tokens than one request or one worker has time for. */
export interface Jobs {
  /**
   * Enters a job. Nothing is ended until it is advanced.
   *
   * @example
   * const { id } = await tokens.jobs.start({ owner: 'org:acme' }, { reason: 'runner leaked' }, actor);
   */
  start(query: RevokeAllQuery, options: { reason?: string }, actor: Actor, call?: CallOptions): Promise<Job>;
  /**
   * How far a job has come. Who manages its owner may ask.
   *
   * @example
   * const { complete, revoked } = await tokens.jobs.get(id, actor);
   */
  get(id: string, actor: Actor, call?: CallOptions): Promise<Job>;
  /**
   * Goes on with a job until it is complete, or until somebody else is at it: another process keeps
   * its turn for five seconds after a page. An abort of `signal` stops it after the page that is
   * running. Only who has started a job goes on with it.
   *
   * @example
   * const { complete } = await tokens.jobs.advance(id, actor);
   */
  advance(id: string, actor: Actor, options?: AdvanceOptions): Promise<Job>;
}
