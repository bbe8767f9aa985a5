import { LeastkeyError } from '../../api/errors.js';
import type { Job } from '../../api/jobs.js';
import type { BulkReport, RevokeAllQuery } from '../../api/sweep.js';
import type { Actor } from '../../api/token.js';
import type { Tokens } from '../../api/tokens.js';
import { didYouMean, showName } from '../../input/did-you-mean.js';
import { isFailure } from '../refusal.js';
import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { type ManagementCall, managed } from './management-route.js';

/** How long a response waits for a job to complete, in milliseconds. */
const MOMENT = 1_000;

/** `revokeAll` and its jobs. */
export const bulkRoutes = (basePath: string): Route[] =>
  managed(basePath, 'Tokens', [
    {
      method: 'POST',
      path: '/revoke-all',
      id: 'revokeAll',
      summary: 'Revokes all tokens of an owner and of what stands below it, of a subject, or with a tag',
      description:
        'Starts a job, which the server goes on with after its answer; where it is stopped, the next look at the job goes on. ' +
        'A dry run changes nothing, and answers which tokens are meant.',
      body: 'RevokeAll',
      answers: {
        200: { description: 'Of a dry run: what would be done.', schema: ref('BulkReport') },
        202: { description: 'The job.', schema: ref('Job'), headers: ['Location'] },
      },
      refusals: ['forbidden'],
      run: async (call) => {
        const { tokens, body, actor } = call;
        refuseUnknownMembers(body);
        const { reason, dryRun, ...query } = body;
        if (dryRun !== undefined && dryRun !== false) return json(await rehearse(call));
        const job = await tokens.jobs.start(query as RevokeAllQuery, { reason: reason as string }, actor);
        const location = `${basePath}/jobs/${job.id}`;
        return json(await forAMoment(call, job), 202, { Location: location });
      },
    },
    {
      method: 'GET',
      path: '/jobs/{id}',
      id: 'getJob',
      summary: 'How far a job has come',
      description: 'If its creator asks, this continues a job that no process is advancing.',
      parameters: {
        id: { description: 'The id of a job.', schema: { type: 'string', pattern: '^[0-9a-f]{24}$' } },
      },
      answers: { 200: { description: 'The job.', schema: ref('Job') } },
      refusals: ['forbidden', 'conflict', 'rng_failed', 'outcome_unknown'],
      run: async (call) => {
        const { tokens, id, actor, request } = call;
        const job = await tokens.jobs.get(id, actor);
        const goesOn = !job.complete && job.startedBy === idOf(actor) && request.method !== 'HEAD';
        return json(goesOn ? await forAMoment(call, job) : job);
      },
    },
  ]);

const MEMBERS = ['owner', 'tag', 'subject', 'after', 'reason', 'dryRun'];

/** The core knows the members of the query only, and could not name the others. */
function refuseUnknownMembers(body: Record<string, unknown>): void {
  const path = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (path === undefined) return;
  const name = showName(path);
  const message = `unknown member "${name}"${didYouMean(name, MEMBERS)}`;
  throw new LeastkeyError('invalid_input', `${name}: ${message}`, {
    path: name,
    problems: [{ path: name, message }],
  });
}

/** A dry run of a sweep, as far as time allows. */
function rehearse({ tokens, body, actor, request }: ManagementCall): Promise<BulkReport> {
  const { reason, dryRun, ...query } = body;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(MOMENT)]);
  const options = { reason: reason as string, dryRun: dryRun as boolean, signal };
  return tokens.revokeAll(query as RevokeAllQuery, options, actor);
}

/** Advances a job, and returns its progress after a moment. It continues after the response. */
async function forAMoment({ tokens, actor, report }: ManagementCall, job: Job): Promise<Job> {
  let latest = job;
  let answered = false;
  const onProgress = (next: Job) => {
    latest = next;
  };
  const done = goOn(tokens, job.id, actor, onProgress);
  // A failure after the response goes to `onError`. The next request for the job continues it.
  done.catch((error) => answered && isFailure(error) && report(error));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const moment = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MOMENT);
  });
  try {
    await Promise.race([done.then(onProgress), moment]);
    return latest;
  } finally {
    answered = true;
    clearTimeout(timer);
  }
}

function goOn(tokens: Tokens, id: string, actor: Actor, onProgress: (job: Job) => void): Promise<Job> {
  return tokens.jobs.advance(id, actor, { onProgress });
}

/** The id of an actor in the core. */
function idOf(actor: Actor): string {
  return 'token' in actor ? `token:${actor.token}` : actor.id;
}
