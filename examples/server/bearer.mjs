/** A refusal on the wire: RFC 6750, with an RFC 9457 problem as its body. */

const realm = 'realm="leastkey-demo"';

/**
 * The answer to a request whose credential was refused. An unknown, a disabled, a revoked and an expired credential get
 * the same bytes: whoever tries credentials learns nothing from the answer.
 */
export function refusal(verdict, permission) {
  switch (verdict.status) {
    case 400:
      return challenged(400, 'error="invalid_request"', 'Send one credential: Authorization: Bearer …');
    case 403:
      return challenged(
        403,
        `error="insufficient_scope", scope="${permission}"`,
        `This needs the permission ${permission}.`,
      );
    case 503:
      return { status: 503, headers: { 'Retry-After': '1' }, detail: 'The token store is not available.' };
    default:
      if (verdict.code === 'missing') return challenged(401, undefined, 'This needs a credential.');
      return challenged(401, 'error="invalid_token"', 'The credential is not valid.');
  }
}

function challenged(status, error, detail) {
  const challenge = [`Bearer ${realm}`, error].filter((part) => part !== undefined).join(', ');
  return { status, headers: { 'WWW-Authenticate': challenge }, detail };
}
