import type { CallOptions } from '../api/call.js';
import type { AdvanceOptions, Job, Jobs } from '../api/jobs.js';
import type { Actor } from '../api/token.js';
import { readProgress, readSignal, refuseUnknownOptions } from '../input/options.js';
import { yieldToEventLoop } from '../runtime/deadline.js';
import type { Call } from '../runtime/protocol.js';

/**
 * How long a job belongs to the process of its last page, in milliseconds. The core has the same.
 */
const TURN = 5_000;

/** The answer of the core about a job. */
interface JobAnswer {
  job: Job;
  /** Whether this call ran a page, so that the job belongs to this process. */
  advanced: boolean;
}

/** The operations on jobs. */
export function jobsOf(manage: <T>(call: Call, options?: CallOptions) => Promise<T>): Jobs {
  /** By id: the number of pages, as proof of ownership, and when this process ran the last one. */
  const turns = new Map<string, { pages: number; at: number }>();
  /** The jobs that a call of this process is advancing. */
  const underWay = new Set<string>();

  function keep({ job, advanced }: JobAnswer): Job {
    if (advanced && !job.complete) turns.set(job.id, { pages: job.pages, at: performance.now() });
    else turns.delete(job.id);
    return job;
  }

  /** Whether a call of this process is advancing a job, and was not cut off. */
  function isUnderWay(id: string): boolean {
    const turn = turns.get(id);
    return underWay.has(id) && turn !== undefined && performance.now() - turn.at < TURN;
  }

  async function get(id: string, actor: Actor, call?: CallOptions): Promise<Job> {
    return (await manage<JobAnswer>({ op: 'getJob', id, actor }, call)).job;
  }

  return {
    get,
    async start(query, options, actor, call) {
      return keep(await manage<JobAnswer>({ op: 'startJob', query, options, actor }, call));
    },
    async advance(id, actor, options = {}) {
      const { onProgress, signal } = readAdvanceOptions(options);
      if (isUnderWay(id)) return get(id, actor);
      underWay.add(id);
      try {
        for (;;) {
          const turn = turns.get(id)?.pages;
          const how = turn === undefined ? {} : { turn };
          const answer = await manage<JobAnswer>({ op: 'advanceJob', id, options: how, actor });
          const job = keep(answer);
          if (answer.advanced) onProgress?.(job);
          if (job.complete || !answer.advanced) return job;
          await yieldToEventLoop();
          if (signal?.aborted) return job;
        }
      } finally {
        underWay.delete(id);
      }
    },
  };
}

/** Reads the options of `advance`. */
export function readAdvanceOptions(options: AdvanceOptions): AdvanceOptions {
  refuseUnknownOptions(options, ['onProgress', 'signal'], 'advance');
  readProgress(options.onProgress);
  readSignal(options.signal);
  return options;
}
