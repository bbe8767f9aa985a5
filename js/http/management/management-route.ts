import type { ErrorCode } from '../../api/codes.js';
import type { Actor } from '../../api/token.js';
import type { Tokens } from '../../api/tokens.js';
import { invalidInput } from '../../input/options.js';
import { readJson } from '../body.js';
import { type Query, readQuery } from '../query.js';
import { RequestRefused } from '../refusal.js';
import { ALWAYS, HostAnswered, type Route, type RouteCall, UNAVAILABLE, WITH_BODY } from '../route.js';
import { requireSameOrigin } from '../same-origin.js';

/** One call of the management API by an authenticated actor. */
export interface ManagementCall {
  tokens: Tokens;
  actor: Actor;
  /** The id in the path or the query, if there is one. */
  id: string;
  query: Query;
  /** The unchanged body of the client: the core validates it. */
  body: Record<string, unknown>;
  request: Request;
  /** Reports a failure after the response. */
  report(error: unknown): void;
}

/** A row of the management API before authentication is added. */
export type Managed = Pick<
  Route,
  'method' | 'id' | 'summary' | 'description' | 'parameters' | 'query' | 'headers' | 'answers'
> & {
  /** After the base path: `/tokens/{id}`. */
  path: string;
  /** The name of the body's schema. With a final `?` the body is optional. */
  body?: string;
  refusals?: readonly ErrorCode[];
  run(call: ManagementCall): Promise<Response>;
};

/** Problems besides those of every request. */
const OF_ACTORS = ['unauthenticated', 'invalid_input', ...UNAVAILABLE] as const;

/** Problems of a change. */
const OF_CHANGES = ['cross_origin', 'conflict', 'rng_failed', 'outcome_unknown'] as const;

/** The routes of one topic. Each requires the host's authentication. */
export function managed(basePath: string, tag: string, rows: readonly Managed[]): Route[] {
  return rows.map(({ path, body, refusals = [], run, ...row }) => {
    const shape = body === undefined ? undefined : bodyOf(body);
    return {
      ...row,
      path: `${basePath}${path}`,
      tag,
      access: 'actor',
      ...(shape === undefined ? {} : { body: shape }),
      refusals: [
        ...ALWAYS,
        ...OF_ACTORS,
        ...(row.method === 'GET' ? [] : OF_CHANGES),
        ...(shape === undefined ? [] : WITH_BODY),
        ...(row.headers?.includes('If-Match')
          ? (['precondition_required', 'precondition_failed'] as const)
          : []),
        ...(path.includes('{id}') || row.query?.id !== undefined ? (['not_found'] as const) : []),
        ...refusals,
      ],
      run: async (call) => {
        const actor = await authenticate(call);
        const query = readQuery(call.url.searchParams, row.query ?? {});
        const content = shape === undefined ? {} : await readJson(call.request, shape.required);
        if (Object.hasOwn(content, 'actor')) {
          throw new RequestRefused(
            'malformed_request',
            'The body has a member "actor". The host determines who acts, so leave it out.',
          );
        }
        const { tokens, request, params, settings } = call;
        const id = params.id ?? String(query.id ?? '');
        const report = (error: unknown) => settings.onError(error, { operation: 'handler', request });
        return run({ tokens, actor, id, query, body: content, request, report });
      },
    };
  });
}

function bodyOf(name: string): NonNullable<Route['body']> {
  const required = !name.endsWith('?');
  return { schema: name.replace(/\?$/, ''), required, type: 'application/json' };
}

async function authenticate({ request, settings }: RouteCall): Promise<Actor> {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (settings.cookie && !safe) requireSameOrigin(request, settings.origins);
  const actor: unknown = await settings.authenticate(request);
  if (actor === null || actor === undefined) {
    const scheme = settings.cookie ? 'Cookie' : 'Bearer';
    throw new RequestRefused('unauthenticated', 'Sign in first.', { 'WWW-Authenticate': scheme });
  }
  if (typeof actor === 'string') {
    throw invalidInput(
      'authenticate',
      'returned a string; return the actor, such as { id: "user:7", roles: { "org:acme": "admin" } }',
    );
  }
  // By its tag: a Response of another realm fails `instanceof`.
  if (Object.prototype.toString.call(actor) === '[object Response]')
    throw new HostAnswered(actor as Response);
  return actor as Actor;
}
