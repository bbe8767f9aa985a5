import type { CallOptions } from './call.js';
import type { RevokeAllQuery } from './sweep.js';
import type { Actor } from './token.js';

/** A `revokeAll` whose progress is in the store, so that any process can continue it. */
export interface Job {
  id: string;
  /** The tokens of this owner and of all below it; `''`: of everyone. */
  owner: string;
  tag?: string;
  subject?: string;
  reason?: string;
  startedAt: number;
  startedBy: string;
  /** When its last page finished. */
  updatedAt: number;
  /** Whether it finished. */
  complete: boolean;
  /** How many commits there were. */
  pages: number;
  /** How many tokens it has revoked. Their ids are in the audit trails of their owners. */
  revoked: number;
  /** How many were already revoked. */
  already: number;
  /** How many tokens it has read. */
  scanned: number;
  /** The first hundred tokens that its actor may not revoke. */
  notAllowed: string[];
  /** The first hundred tokens with damaged records. Verification refuses them. */
  unreadable: string[];
}

export interface AdvanceOptions extends CallOptions {
  /** Called after each page. */
  onProgress?: (job: Job) => void;
}

/** `revokeAll` as a job, for more tokens than one request or one worker has time for. */
export interface Jobs {
  /**
   * Creates a job. It revokes nothing until it is advanced.
   *
   * @example
   * const { id } = await tokens.jobs.start({ owner: 'org:acme' }, { reason: 'runner leaked' },
   * actor);
   */
  start(query: RevokeAllQuery, options: { reason?: string }, actor: Actor, call?: CallOptions): Promise<Job>;
  /**
   * The progress of a job, for actors that manage its owner.
   *
   * @example
   * const { complete, revoked } = await tokens.jobs.get(id, actor);
   */
  get(id: string, actor: Actor, call?: CallOptions): Promise<Job>;
  /**
   * Advances a job until it is complete, or another process is advancing it: a process owns the job
   * for five seconds after each page. An abort of `signal` stops it after the current page. Only
   * the actor that started a job can advance it.
   *
   * @example
   * const { complete } = await tokens.jobs.advance(id, actor);
   */
  advance(id: string, actor: Actor, options?: AdvanceOptions): Promise<Job>;
}
