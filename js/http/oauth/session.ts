import { LeastkeyError } from '../../api/errors.js';
import type { TokenRecord } from '../../api/token.js';
import type { Verdict, VerifiedToken } from '../../api/verification.js';
import { refusalResponse } from '../../guard/refusal.js';
import { causeOf } from '../../verify/unavailable.js';
import { contextOf, readClientIp, shownAddress } from '../request-context.js';
import { ALWAYS, json, type Route, type RouteAnswer, type RouteCall, UNAVAILABLE } from '../route.js';
import { ref } from '../schemas/schema.js';
import { scopeOf } from './endpoint.js';

/** The two spellings that clients use. */
const SPELLINGS = { 'access-token': 'AccessToken', 'access-tokens': 'AccessTokens' } as const;

/** The problems of a refused credential, besides those of the request. */
const refused = (description: string, header: string): RouteAnswer => ({
  description,
  schema: ref('CredentialProblem'),
  type: 'application/problem+json',
  headers: [header],
});

const REFUSED: Readonly<Record<number, RouteAnswer>> = {
  400: refused('The credential cannot be read.', 'WWW-Authenticate'),
  401: refused('No credential, or none that is valid: each looks like any other.', 'WWW-Authenticate'),
  403: refused('The credential may not be used for this.', 'WWW-Authenticate'),
  503: refused('The credential could not be verified just now.', 'Retry-After'),
};

/**
 * Session tokens in exchange for the credential in the `Authorization` header, and the end of that
 * credential.
 */
export function sessionRoutes(oauthPath: string): Route[] {
  return Object.entries(SPELLINGS).flatMap(([spelling, name]): Route[] => [
    {
      method: 'GET',
      path: `${oauthPath}/${spelling}`,
      id: `get${name}`,
      tag: 'Sessions',
      summary: 'A session token in exchange for the credential of the request',
      description: 'The session of a session is a sibling of it, and never outlives it. HEAD makes none.',
      access: 'bearer',
      answers: { 200: { description: 'The session.', schema: ref('Session') }, ...REFUSED },
      refusals: [...ALWAYS, 'too_many_sessions', 'conflict', 'rng_failed', ...UNAVAILABLE, 'outcome_unknown'],
      run: begin,
    },
    {
      method: 'DELETE',
      path: `${oauthPath}/${spelling}`,
      id: `delete${name}`,
      tag: 'Sessions',
      summary: 'Ends exactly the credential of the request',
      description: 'A session ends; another token is revoked, and with it its sessions.',
      access: 'bearer',
      answers: { 200: { description: 'It is over.', schema: ref('EndedSession') }, ...REFUSED },
      refusals: [...ALWAYS, 'conflict', 'rng_failed', ...UNAVAILABLE, 'outcome_unknown'],
      run: end,
    },
  ]);
}

async function begin(call: RouteCall): Promise<Response> {
  const { verdict, context } = await present(call);
  if (verdict.token === undefined || !verdict.valid) return refusalResponse(call.request, verdict, undefined);
  if (call.head) return json({});
  try {
    const { token, record } = await call.tokens.exchange(call.request.headers, { sibling: true }, context);
    const expiresIn = secondsOf(record);
    return json({
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresIn,
      scope: scopeOf(record),
      ...session(record, call),
      authenticated: true,
      expiresIn,
    });
  } catch (error) {
    if (!(error instanceof LeastkeyError)) throw error;
    if (error.code === 'invalid_token')
      return refusalResponse(call.request, { ...verdict, ...OVER }, undefined);
    if (error.code === 'forbidden')
      return refusalResponse(call.request, { ...verdict, ...NOT_EXCHANGED }, undefined);
    throw error;
  }
}

/** The credential ended between the verification and the exchange. */
const OVER = { status: 401, error: 'invalid_token' } as const;

const NOT_EXCHANGED = { status: 403, error: 'insufficient_scope' } as const;

async function end(call: RouteCall): Promise<Response> {
  const { verdict } = await present(call);
  if (verdict.token === undefined || !verdict.valid) return refusalResponse(call.request, verdict, undefined);
  const { id } = verdict.token;
  try {
    await call.tokens.revoke(id, { reason: 'ended by its bearer' }, { token: id });
  } catch (error) {
    const over = error instanceof LeastkeyError && (error.code === 'forbidden' || error.code === 'not_found');
    if (over) return refusalResponse(call.request, { ...verdict, ...OVER }, undefined);
    throw error;
  }
  return json({ ...session(verdict.token, call), authenticated: false, expiresIn: 0 });
}

/** A credential belongs in the header: query strings end in logs (RFC 6750 §5.3). */
const IN_QUERY = { valid: false, code: 'malformed', status: 400, error: 'invalid_request', asOf: 0 } as const;

async function present({ tokens, request, url, settings }: RouteCall) {
  const context = contextOf(request, settings);
  const verdict: Verdict = url.searchParams.has('access_token')
    ? IN_QUERY
    : await tokens.verify(request.headers, undefined, { ...context, use: false });
  if (verdict.status === 503) settings.onError(causeOf(verdict), { operation: 'handler', request });
  return { verdict, context };
}

function session(token: TokenRecord | VerifiedToken, { settings, request }: RouteCall) {
  const { id, subject, technicalUser, owner } = token;
  return {
    sessionId: id,
    userId: subject ?? technicalUser ?? owner,
    clientIpAddress: shownAddress(readClientIp(settings.clientIp, request)),
    domain: owner,
  };
}

/** The lifetime of a new session, in seconds. */
function secondsOf({ createdAt, expiresAt }: TokenRecord): number | undefined {
  return expiresAt === undefined ? undefined : Math.floor((expiresAt - createdAt) / 1_000);
}
