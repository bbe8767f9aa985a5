import { LeastkeyError } from '../../errors.js';
import type { TokenChange } from '../../types.js';
import { readIfMatch } from '../preconditions.js';
import { RequestRefused } from '../refusal.js';
import type { Route } from '../route.js';
import { managed } from './managed.js';
import { RECORD_ANSWER, recordAnswer, TOKEN_ID } from './tokens.js';

/** Changing what the kind of a token allows to be changed. */
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
        const revision = readIfMatch(request.headers);
        if (Object.hasOwn(body, 'revision')) {
          throw new RequestRefused('malformed_request', 'The revision belongs in the header If-Match.');
        }
        const change = (revision === undefined ? body : { ...body, revision }) as TokenChange;
        try {
          return recordAnswer(await tokens.edit(id, change, actor));
        } catch (error) {
          const conflict = error instanceof LeastkeyError && error.code === 'conflict';
          throw conflict && error.path === 'revision' ? changedMeanwhile() : error;
        }
      },
    },
  ]);

const changedMeanwhile = () =>
  new RequestRefused('precondition_failed', 'The token has been changed since. Read it again.');
