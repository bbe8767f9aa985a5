import { LeastkeyError } from '../../api/errors.js';
import { contextOf } from '../request-context.js';
import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { refuseWrongClient } from './client.js';
import { type FormCall, formRoute, requireField, scopeOf } from './endpoint.js';
import { type OAuthError, OAuthRefused } from './refusal.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 8693: a session token in exchange for a credential, narrower or equal. */
export const exchangeRoute = (oauthPath: string): Route => {
  const route = formRoute({
    path: `${oauthPath}/token`,
    id: 'exchangeToken',
    summary: 'A narrower token in exchange for a credential (RFC 8693)',
    description:
      'It never has more than the subject token, never outlives it, and ends with what that one came from.',
    form: 'ExchangeRequest',
    answers: { 200: { description: 'The session token.', schema: ref('ExchangeAnswer') } },
    run: exchange,
  });
  return {
    ...route,
    access: 'client?',
    refusals: [...route.refusals, 'too_many_sessions', 'conflict', 'rng_failed', 'outcome_unknown'],
  };
};

async function exchange({ form, request, tokens, settings }: FormCall): Promise<Response> {
  if (requireField(form, 'grant_type') !== TOKEN_EXCHANGE) {
    throw new OAuthRefused('unsupported_grant_type', `The grant type must be ${TOKEN_EXCHANGE}.`);
  }
  await refuseWrongClient(request, form, settings);
  const subject = requireField(form, 'subject_token');
  refuseUnsupported(form);
  const scope = readScope(form);
  const resource = form.get('resource');
  try {
    const input = {
      sibling: true,
      ...(scope === undefined ? {} : { permissions: scope }),
      ...(resource === undefined ? {} : { resource }),
    };
    const { token, record } = await tokens.exchange(subject, input, contextOf(request, settings));
    return json({
      access_token: token,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      ...(record.expiresAt === undefined
        ? {}
        : { expires_in: Math.floor((record.expiresAt - record.createdAt) / 1_000) }),
      scope: scopeOf(record),
    });
  } catch (error) {
    if (error instanceof LeastkeyError) throw refused(error) ?? error;
    throw error;
  }
}

/** RFC 6749 §3.3: one or more permissions, one blank between two. */
function readScope(form: ReadonlyMap<string, string>): string[] | undefined {
  const scope = form.get('scope')?.split(' ');
  if (!scope?.includes('')) return scope;
  throw new OAuthRefused('invalid_scope', 'The scope must be permissions separated by single blanks.');
}

/**
 * Refuses parameters that are not supported: ignoring them would grant a wider token than
 * requested.
 */
function refuseUnsupported(form: ReadonlyMap<string, string>): void {
  for (const name of ['subject_token_type', 'requested_token_type']) {
    const type = name === 'subject_token_type' ? requireField(form, name) : (form.get(name) ?? ACCESS_TOKEN);
    if (type !== ACCESS_TOKEN)
      throw new OAuthRefused('invalid_request', `The ${name} must be ${ACCESS_TOKEN}.`);
  }
  if (form.has('actor_token')) throw new OAuthRefused('invalid_request', 'An actor_token is not supported.');
  if (form.has('audience'))
    throw new OAuthRefused('invalid_target', 'An audience is not supported; narrow by resource.');
}

/** RFC 8693 §2.2.2: an invalid subject token is an invalid request, whatever the reason. */
function refused({ code, path = '' }: LeastkeyError): OAuthRefused | undefined {
  const error = REFUSED[`${code} ${path.replace(/\[.*/, '')}`] ?? REFUSED[code];
  return error && new OAuthRefused(error, DESCRIPTIONS[error]);
}

const REFUSED: Readonly<Record<string, keyof typeof DESCRIPTIONS>> = {
  invalid_token: 'invalid_request',
  'invalid_input credential': 'invalid_request',
  'invalid_input permissions': 'invalid_scope',
  'invalid_input resource': 'invalid_target',
  exceeds_ceiling: 'invalid_scope',
  'exceeds_ceiling resource': 'invalid_target',
  forbidden: 'unauthorized_client',
};

const DESCRIPTIONS = {
  invalid_request: 'The subject_token is not valid.',
  invalid_scope: 'The scope has what the subject_token does not have there, or what does not exist.',
  invalid_target: 'The resource is none, or outside of what the subject_token reaches.',
  unauthorized_client: 'The subject_token is of a kind that is not exchanged.',
} as const satisfies Partial<Record<OAuthError, string>>;
