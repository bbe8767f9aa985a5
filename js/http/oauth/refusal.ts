import { json } from '../route.js';

/** RFC 6749 §5.2, RFC 8693 §2.2.2. */
const STATUSES = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  invalid_target: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_token_type: 400,
} as const;

export type OAuthError = keyof typeof STATUSES;

/** A refusal in the format of OAuth. */
export class OAuthRefused extends Error {
  readonly error: OAuthError;

  constructor(error: OAuthError, description: string) {
    super(description);
    this.error = error;
  }

  response(): Response {
    const status = STATUSES[this.error];
    const body = { error: this.error, error_description: this.message };
    return json(body, status, status === 401 ? { 'WWW-Authenticate': 'Basic realm="leastkey"' } : {});
  }
}
