import { ALWAYS, json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { TOKEN_EXCHANGE } from './exchange.js';

const SECRET = ['client_secret_basic', 'client_secret_post'];

/** RFC 8414: where the endpoints are. Only with an issuer: it must not be taken from a request. */
export const metadataRoute = (oauthPath: string, issuer: string): Route => ({
  method: 'GET',
  path: '/.well-known/oauth-authorization-server',
  id: 'getMetadata',
  tag: 'OAuth',
  summary: 'Where the endpoints are (RFC 8414)',
  access: 'anybody',
  answers: { 200: { description: 'The metadata.', schema: ref('Metadata') } },
  refusals: ALWAYS,
  run: async () =>
    json({
      issuer,
      token_endpoint: `${issuer}${oauthPath}/token`,
      introspection_endpoint: `${issuer}${oauthPath}/introspect`,
      revocation_endpoint: `${issuer}${oauthPath}/revoke`,
      response_types_supported: [],
      grant_types_supported: [TOKEN_EXCHANGE],
      token_endpoint_auth_methods_supported: ['none', ...SECRET],
      introspection_endpoint_auth_methods_supported: SECRET,
      revocation_endpoint_auth_methods_supported: SECRET,
    }),
});
