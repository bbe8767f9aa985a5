import type { GuardRequest } from '../api/call.js';
import type { Known } from '../api/catalog-ids.js';
import { WRAPPER_REFUSALS } from '../api/codes.js';
import type { RequestContext } from '../api/conditions.js';
import type { OnError } from '../api/on-error.js';
import type {
  Requirement,
  RouteRequirement,
  ValidVerdict,
  Verdict,
  VerifyOptions,
} from '../api/verification.js';
import { isSmallCount } from '../core/plain-question.js';
import { showName } from '../input/did-you-mean.js';
import { invalidInput, kindOf, readAudience, readOnError, refuseUnknownOptions } from '../input/options.js';
import { causeOf } from '../verify/unavailable.js';
import { presentedCredential, readHeaderName } from './credential-header.js';
import { readRealm, refusalResponse } from './refusal.js';

/**
 * The verifier of a guard: `Tokens` of leastkey, a `Verifier` of leastkey/edge, or your own. It
 * gets the credential as text, and headers only if they do not hold exactly one credential.
 */
export interface Guardable<Permission extends string = string> {
  /** Only in the type. */
  readonly '~permissions'?: () => Permission;
  verify(
    credential: string | { get(name: string): string | null },
    requirement?: Requirement<NoInfer<Permission>>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  match(method: string, path: string): RouteRequirement | null;
}

/** The options of {@link createGuard}. */
export interface GuardOptions {
  /**
   * A header that may carry the bare credential instead of `Authorization: Bearer …`: `X-API-Key`.
   */
  header?: string;
  /** The realm of every challenge: `Bearer realm="…"`. */
  realm?: string;
  /** The name of this service, for tokens with a condition on the audience. */
  audience?: string;
  /**
   * The IP address of the client, for tokens with a condition on it. A port is removed; what is no
   * address counts as unknown. Default: unknown. A client can write any `X-Forwarded-For`, so trust
   * it only if your own proxy sets it.
   */
  clientIp?(request: GuardRequest): string | null | undefined;
  /**
   * How many uses each request counts against the limits of its token. Default 1; false: limits are
   * neither checked nor counted.
   */
  consume?: number | false;
  /**
   * Called for each request that is answered with 503: with the error behind it, and the request.
   */
  onError?: OnError;
}

/** The options for one request. `consume` takes the place of that of the guard. */
export interface GuardCallOptions extends VerifyOptions {
  /** Any valid token passes, without a requirement and without a route. */
  authenticateOnly?: boolean;
}

/** The verdict on an admitted request. */
export type PassingVerdict = ValidVerdict;

/** The result of a guard. If the request may not pass, `response` is the refusal to send. */
export type Admission =
  | { response?: undefined; verdict: PassingVerdict }
  | { response: Response; verdict: Verdict };

/**
 * Admits a request, or returns the refusal. `requirement` is what the request needs. Without one,
 * the routes of the catalog tell, and a request that matches no route is refused with 403: a
 * forgotten route must not be open.
 *
 * @throws {LeastkeyError} as `verify` does. Client input and store failures end in a response.
 */
export type Guard<Permission extends string = string> = <Text extends string = never>(
  request: GuardRequest,
  requirement?: Requirement<Known<Permission, Text>>,
  options?: GuardCallOptions,
) => Promise<Admission>;

const OPTIONS = [
  'header',
  'realm',
  'audience',
  'clientIp',
  'consume',
  'onError',
] as const satisfies (keyof GuardOptions)[];

const ELSEWHERE = {
  permissions: 'each call has its own: guard(request, "messages:send")',
  ip: 'clientIp: (request) => … gives the address of a request',
};

/**
 * Creates a guard for a verifier.
 *
 * @example
 * const guard = createGuard(tokens, { realm: 'acme' });
 *
 * async function serve(request) {
 *   const { response, verdict } = await guard(request);
 *   if (response) return response;
 *   return Response.json({ hello: verdict.token.name });
 * }
 */
export function createGuard<Permission extends string>(
  tokens: Guardable<Permission>,
  options: GuardOptions = {},
): Guard<Permission> {
  if (typeof tokens?.verify !== 'function') {
    throw invalidInput(
      'tokens',
      `${tokens === undefined ? 'is required' : `got ${kindOf(tokens)} without verify`}; write createGuard(await createTokens(…))`,
    );
  }
  if (typeof options === 'string')
    throw invalidInput(
      'options',
      'createGuard expects an object; give the requirement in the call: guard(request, "…")',
    );
  refuseUnknownOptions(options, OPTIONS, 'createGuard', ELSEWHERE);
  const header = readHeaderName(options.header);
  const realm = readRealm(options.realm);
  const audience = readAudience(options.audience);
  const { clientIp, consume = 1 } = options;
  if (consume !== false && !isSmallCount(consume))
    throw invalidInput('consume', 'expected a whole number from 0, or false');
  const counted = consume === false ? undefined : Object.freeze({ consume });
  const onError = readOnError(options.onError);
  if (clientIp !== undefined && typeof clientIp !== 'function') {
    throw invalidInput('clientIp', 'expected a function that returns the address of a request');
  }
  return async (request, requirement, callOptions) => {
    // A text that is known at run time only: `verify` tells whether it is a permission.
    const asked = requirement as Requirement<Permission> | undefined;
    const needed = requirementOf(tokens, request, asked, callOptions?.authenticateOnly ?? false);
    const context = guardContext(request, audience, clientIp);
    const verdict = await tokens.verify(
      presentedCredential(request.headers, header),
      needed ?? undefined,
      // The same options each time: `verify` answers them soonest.
      context === undefined && callOptions === undefined && needed !== null
        ? counted
        : optionsOf({ ...counted, ...context }, callOptions, needed),
    );
    if (passes(verdict)) {
      if (needed !== null) return { verdict };
      return refusalOfVerdict(request, { ...verdict, valid: false, ...WRAPPER_REFUSALS.noRoute }, realm);
    }
    if (verdict.status === UNAVAILABLE) onError(causeOf(verdict), { operation: 'guard', request });
    return refusalOfVerdict(request, verdict, realm);
  };
}

/** The options of `verify`. */
function optionsOf(
  context: VerifyOptions,
  callOptions: GuardCallOptions | undefined,
  needed: unknown,
): VerifyOptions {
  const { authenticateOnly: _, ...verifyOptions } = callOptions ?? {};
  const options: VerifyOptions = { ...context, ...verifyOptions };
  if (needed !== null) return options;
  // Without a route the request is refused anyway: record no use, and count nothing.
  const { consume: __, ...asked } = options;
  return { ...asked, use: false };
}

/** The status of a verdict that a failure caused. */
const UNAVAILABLE = 503;

/** What the request needs. `undefined`: only a valid token. `null`: unknown, so it is refused. */
function requirementOf<Permission extends string>(
  tokens: Guardable<Permission>,
  request: GuardRequest,
  given: Requirement<Permission> | undefined,
  authenticateOnly: boolean,
): Requirement<Permission> | undefined | null {
  const needsRoute = given === undefined && !authenticateOnly;
  // The URL is read only where it is needed: a `Request` takes long to give it.
  if (typeof request?.headers?.get !== 'function' || (needsRoute && typeof request.url !== 'string')) {
    throw invalidInput('request', 'expected a Request; for node:http use requestOf of leastkey/node');
  }
  if (needsRoute && !ABSOLUTE_URL.test(request.url)) {
    const path = showName(request.url.split('?', 1)[0] as string);
    throw invalidInput('request.url', `expected an absolute URL, got "${path}"`);
  }
  if (needsRoute) return tokens.match(request.method, pathOf(request.url)) as Requirement<Permission> | null;
  if (given !== undefined && authenticateOnly)
    throw invalidInput('authenticateOnly', 'only allowed without a requirement');
  if (given === null) throw invalidInput('requirement', 'expected a requirement or undefined, got null');
  if (typeof given === 'object' && 'authenticateOnly' in given) {
    throw invalidInput(
      'authenticateOnly',
      'goes third: guard(request, undefined, { authenticateOnly: true })',
    );
  }
  return given;
}

/** The context of the request, for the conditions of tokens; `undefined` if nothing is known. */
function guardContext(
  request: GuardRequest,
  audience: string | undefined,
  clientIp: GuardOptions['clientIp'],
): RequestContext | undefined {
  const ip: unknown = clientIp?.(request);
  if (ip !== undefined && ip !== null && typeof ip !== 'string') {
    throw invalidInput('clientIp', `must return a text or undefined, returned ${kindOf(ip)}`);
  }
  const origin = request.headers.get('origin') ?? undefined;
  if (typeof ip !== 'string' && origin === undefined && audience === undefined) return undefined;
  const context: RequestContext = {};
  if (typeof ip === 'string') context.ip = ip;
  if (origin !== undefined) context.origin = origin;
  if (audience !== undefined) context.audience = audience;
  return context;
}

function passes(verdict: Verdict): verdict is PassingVerdict {
  return verdict.valid === true && verdict.token !== undefined;
}

function refusalOfVerdict(request: GuardRequest, verdict: Verdict, realm: string | undefined): Admission {
  return { response: refusalResponse(request, verdict, realm), verdict };
}

/** An absolute URL with its path. */
const ABSOLUTE_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i;

/** The path of an absolute URL, verbatim: the `URL` class would resolve dots and backslashes. */
export function pathOf(url: string): string {
  return ABSOLUTE_URL.exec(url)?.[1] ?? '';
}
