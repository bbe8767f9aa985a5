import { COUNT, list, mapOf, object, oneOf, orNull, type Schema, TEXT } from './schema.js';

/** Forms may have unknown fields, which are ignored (RFC 6749 §3.2). */
const form = (members: Readonly<Record<string, Schema>>): Schema => ({
  ...object(members),
  additionalProperties: true,
});
const ACCESS_TOKEN = { const: 'urn:ietf:params:oauth:token-type:access_token' };
const FIELD = { type: 'string', minLength: 1 } as const;
const CLIENT = { 'client_id?': TEXT, 'client_secret?': TEXT };

const SESSION = { sessionId: TEXT, userId: TEXT, clientIpAddress: orNull(TEXT), domain: TEXT };

/** Requests and responses of sessions and the OAuth endpoints. */
export const OAUTH_SCHEMAS = {
  Session: object({
    access_token: TEXT,
    token_type: { const: 'Bearer' },
    'expires_in?': COUNT,
    scope: TEXT,
    ...SESSION,
    authenticated: { const: true },
    'expiresIn?': COUNT,
  }),
  EndedSession: object({ ...SESSION, authenticated: { const: false }, expiresIn: { const: 0 } }),
  CredentialProblem: object({ type: { const: 'about:blank' }, title: TEXT, status: COUNT, detail: TEXT }),
  OAuthError: object({
    error: oneOf(
      'invalid_request',
      'invalid_client',
      'invalid_scope',
      'invalid_target',
      'unauthorized_client',
      'unsupported_grant_type',
      'unsupported_token_type',
    ),
    error_description: TEXT,
  }),
  IntrospectionRequest: form({
    token: FIELD,
    'token_type_hint?': TEXT,
    'consume?': { const: '0' },
    ...CLIENT,
  }),
  Introspection: {
    oneOf: [
      object({ active: { const: false } }),
      object({
        active: { const: true },
        scope: TEXT,
        token_type: { const: 'Bearer' },
        iat: COUNT,
        'exp?': COUNT,
        sub: TEXT,
        'iss?': TEXT,
        jti: TEXT,
        kind: TEXT,
        owner: TEXT,
        resource: TEXT,
        'resources?': mapOf(list(TEXT)),
        'remaining?': COUNT,
      }),
    ],
  },
  RevocationRequest: form({ token: FIELD, 'token_type_hint?': TEXT, ...CLIENT }),
  ExchangeRequest: form({
    grant_type: { const: 'urn:ietf:params:oauth:grant-type:token-exchange' },
    subject_token: FIELD,
    subject_token_type: ACCESS_TOKEN,
    'requested_token_type?': ACCESS_TOKEN,
    'scope?': TEXT,
    'resource?': TEXT,
    ...CLIENT,
  }),
  ExchangeAnswer: object({
    access_token: TEXT,
    issued_token_type: ACCESS_TOKEN,
    token_type: { const: 'Bearer' },
    'expires_in?': COUNT,
    scope: TEXT,
  }),
  Metadata: object({
    issuer: TEXT,
    token_endpoint: TEXT,
    introspection_endpoint: TEXT,
    revocation_endpoint: TEXT,
    response_types_supported: list(TEXT),
    grant_types_supported: list(TEXT),
    token_endpoint_auth_methods_supported: list(TEXT),
    introspection_endpoint_auth_methods_supported: list(TEXT),
    revocation_endpoint_auth_methods_supported: list(TEXT),
  }),
};
