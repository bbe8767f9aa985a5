import type { Verdict, VerifiedToken } from '../../api/verification.js';
import { causeOf } from '../../verify/unavailable.js';
import type { HandlerSettings } from '../options.js';
import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { requireClient } from './client.js';
import { type FormCall, formRoute, requireField, scopeOf } from './endpoint.js';
import { OAuthRefused } from './refusal.js';

/** RFC 7662: a resource server asks about a credential that it received. */
export const introspectionRoute = (oauthPath: string): Route =>
  formRoute({
    path: `${oauthPath}/introspect`,
    id: 'introspect',
    summary: 'Whether a credential is active, and what it may do (RFC 7662)',
    form: 'IntrospectionRequest',
    answers: {
      200: { description: 'What it is. Every inactive one looks the same.', schema: ref('Introspection') },
    },
    run: introspect,
  });

async function introspect({ form, request, tokens, settings }: FormCall): Promise<Response> {
  const { introspect } = await requireClient(request, form, settings);
  if (introspect !== true) throw new OAuthRefused('unauthorized_client', 'This client may not introspect.');
  const consume = form.get('consume');
  if (consume !== undefined && consume !== '0') {
    throw new OAuthRefused(
      'invalid_request',
      'The field consume must be 0, which reports the remaining credits: an introspection counts no use.',
    );
  }
  const verdict = await tokens.verify(requireField(form, 'token'), undefined, {
    use: false,
    ...(consume !== undefined && { consume: 0 }),
  });
  const { valid, token } = verdict;
  refuseUnavailable(verdict);
  return json(valid && token !== undefined ? active(token, verdict.remaining, settings) : { active: false });
}

function active(token: VerifiedToken, remaining: number | undefined, { issuer }: HandlerSettings) {
  const { id, kind, owner, subject, resource, resources, createdAt, expiresAt } = token;
  return {
    active: true,
    scope: scopeOf(token),
    token_type: 'Bearer',
    iat: seconds(createdAt),
    ...(expiresAt === undefined ? {} : { exp: seconds(expiresAt) }),
    sub: subject ?? owner,
    ...(issuer === undefined ? {} : { iss: issuer }),
    jti: id,
    kind,
    owner,
    resource,
    ...(resources === undefined ? {} : { resources }),
    ...(remaining === undefined ? {} : { remaining }),
  };
}

/** Rounded down, so that a token never seems valid beyond its expiry. */
const seconds = (instant: number) => Math.floor(instant / 1_000);

/** Refuses if the verdict is a failure, which says nothing about the credential. */
export function refuseUnavailable(verdict: Verdict): void {
  if (verdict.status === 503) throw causeOf(verdict);
}
