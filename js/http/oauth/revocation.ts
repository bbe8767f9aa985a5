import type { VerdictCode } from '../../api/codes.js';
import { LeastkeyError } from '../../api/errors.js';
import { contextOf } from '../request-context.js';
import type { Route } from '../route.js';
import { requireClient } from './client.js';
import { type FormCall, formRoute, requireField } from './endpoint.js';
import { refuseUnavailable } from './introspection.js';
import { OAuthRefused } from './refusal.js';

/** RFC 7009: a client revokes a credential that it no longer needs. */
export const revocationRoute = (oauthPath: string): Route => {
  const route = formRoute({
    path: `${oauthPath}/revoke`,
    id: 'revoke',
    summary: 'Revokes a credential (RFC 7009)',
    description:
      'A client revokes only what it manages. What is no valid credential is answered like one that was revoked.',
    form: 'RevocationRequest',
    answers: { 200: { description: 'It opens nothing any more.' } },
    run: revoke,
  });
  return { ...route, refusals: [...route.refusals, 'conflict', 'rng_failed', 'outcome_unknown'] };
};

/** Final verdicts: the client cannot tell such a credential from an unknown one. */
const OVER: ReadonlySet<VerdictCode> = new Set(['revoked', 'expired', 'rotated_out']);

async function revoke({ form, request, tokens, settings }: FormCall): Promise<Response> {
  const { actor } = await requireClient(request, form, settings);
  if (actor === undefined) throw new OAuthRefused('unauthorized_client', 'This client may not revoke.');
  const context = { ...contextOf(request, settings), use: false };
  const verdict = await tokens.verify(requireField(form, 'token'), undefined, context);
  refuseUnavailable(verdict);
  const { code, token } = verdict;
  if (token !== undefined) {
    try {
      await tokens.revoke(token.id, { reason: 'revoked by a client' }, actor);
    } catch (error) {
      const refused =
        error instanceof LeastkeyError && (error.code === 'not_found' || error.code === 'forbidden');
      if (!refused) throw error;
      // Of another owner, or of a kind without revocation. A credential that works or may work
      // again must not be reported as revoked.
      if (!OVER.has(code))
        throw new OAuthRefused('unauthorized_client', 'This client may not revoke this credential.');
    }
  }
  return new Response(null, { status: 200 });
}
