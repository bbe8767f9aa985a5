import type { Actor } from '../api/types.js';
import { nextTurn } from '../runtime/deadline.js';
import type { Call } from '../runtime/protocol.js';
import type { RevokeAllQuery } from './bulk.js';
import type { CallOptions } from './tokens-options.js';

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
   * Goes on with a job until it is complete, or until somebody else is at it: another process keeps its turn for five seconds after a page.
   * An abort of `signal` stops it after the page that is running. Only who has started a job goes on with it.
   *
   * @example
   * const { complete } = await tokens.jobs.advance(id, actor);
   */
  advance(id: string, actor: Actor, options?: AdvanceOptions): Promise<Job>;
}

/** For so long after a page a job is whose that page was, in milliseconds: as in the core. */
const TURN = 5_000;

/** What the core answers about a job. */
interface Told {
  job: Job;
  /** Whether this call has made a page, and so has the turn. */
  advanced: boolean;
}

/** The operations on jobs. */
export function jobsOf(
  manage: <T>(call: Call, options?: CallOptions) => Promise<T>,
  readOptions: (options: AdvanceOptions) => AdvanceOptions,
): Jobs {
  /** By id: the pages that this process knows of, which are its turn, and when it last made one. */
  const turns = new Map<string, { pages: number; at: number }>();
  /** The jobs that a call of this process is at. */
  const underWay = new Set<string>();

  function keep({ job, advanced }: Told): Job {
    if (advanced && !job.complete) turns.set(job.id, { pages: job.pages, at: performance.now() });
    else turns.delete(job.id);
    return job;
  }

  /** Whether a call of this process goes on with a job. One that was cut off, as Cloudflare's workers are, does not say so. */
  function isUnderWay(id: string): boolean {
    const turn = turns.get(id);
    return underWay.has(id) && turn !== undefined && performance.now() - turn.at < TURN;
  }

  async function get(id: string, actor: Actor, call?: CallOptions): Promise<Job> {
    return (await manage<Told>({ op: 'getJob', id, actor }, call)).job;
  }

  return {
    get,
    async start(query, options, actor, call) {
      return keep(await manage<Told>({ op: 'startJob', query, options, actor }, call));
    },
    async advance(id, actor, options = {}) {
      const { onProgress, signal } = readOptions(options);
      if (isUnderWay(id)) return get(id, actor);
      underWay.add(id);
      try {
        for (;;) {
          const turn = turns.get(id)?.pages;
          const how = turn === undefined ? {} : { turn };
          const told = await manage<Told>({ op: 'advanceJob', id, options: how, actor });
          const job = keep(told);
          if (told.advanced) onProgress?.(job);
          if (job.complete || !told.advanced) return job;
          await nextTurn();
          if (signal?.aborted) return job;
        }
      } finally {
        underWay.delete(id);
      }
    },
  };
}
