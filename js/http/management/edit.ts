import type { TokenChange } from '../../api/token.js';
import { chooseRevision, fromRevision, readIfMatch, refuseRevision } from '../preconditions.js';
import type { Route } from '../route.js';
import { managed } from './management-route.js';
import { RECORD_ANSWER, recordAnswer, TOKEN_ID } from './tokens.js';

/** Edits a token within the rules of its kind. */
export const editRoutes = (basePath: string): Route[] =>
  managed(basePath, 'Tokens', [
    {
      method: 'PATCH',
      path: '/tokens/{id}',
      id: 'editToken',
      summary: 'Changes a token',
      description:
        'Absent members stay, null takes an optional one away. Any member of a selection replaces the whole selection.',
      parameters: TOKEN_ID,
      headers: ['If-Match'],
      body: 'EditToken',
      answers: RECORD_ANSWER,
      refusals: ['forbidden', 'terminal', 'exceeds_ceiling', 'name_taken'],
      run: async ({ tokens, id, body, actor, request }) => {
        const seen = readIfMatch(request.headers);
        refuseRevision(body);
        const current = async () => (await tokens.get(id, actor)).revision;
        const change: TokenChange =
          seen === '*' ? body : { ...body, revision: await chooseRevision(seen, current) };
        return recordAnswer(await fromRevision(tokens.edit(id, change, actor)));
      },
    },
  ]);
