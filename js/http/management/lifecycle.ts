import type { Route } from '../route.js';
import { managed } from './management-route.js';
import { changeRow, RECORD_ANSWER, recordAnswer, TOKEN_ID } from './tokens.js';

/** Changes the status of a token. */
export function lifecycleRoutes(basePath: string): Route[] {
  return managed(basePath, 'Tokens', [
    changeRow('disable', 'disableToken', 'Stops a token until it is enabled', ({ tokens, id, actor }) =>
      tokens.disable(id, actor),
    ),
    changeRow(
      'enable',
      'enableToken',
      'Lets a disabled token work again',
      ({ tokens, id, actor }) => tokens.enable(id, actor),
      ['forbidden', 'terminal', 'exceeds_ceiling'],
    ),
    {
      method: 'POST',
      path: '/tokens/{id}/revoke',
      id: 'revokeToken',
      summary: 'Stops a token for ever and keeps its record',
      description: 'This cannot be undone. A second time changes nothing.',
      parameters: TOKEN_ID,
      body: 'RevokeToken?',
      answers: RECORD_ANSWER,
      run: async ({ tokens, id, body, actor }) => recordAnswer(await tokens.revoke(id, body, actor)),
    },
  ]);
}
