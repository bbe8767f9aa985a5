import type { Route } from '../route.js';
import { managed } from './managed.js';
import { RECORD_ANSWER, recordAnswer, TOKEN_ID } from './tokens.js';

/** The status of a token. */
export function lifecycleRoutes(basePath: string): Route[] {
  return managed(basePath, 'Tokens', [
    {
      method: 'POST',
      path: '/tokens/{id}/disable',
      id: 'disableToken',
      summary: 'Stops a token until it is enabled',
      parameters: TOKEN_ID,
      answers: RECORD_ANSWER,
      refusals: ['forbidden', 'terminal'],
      run: async ({ tokens, id, actor }) => recordAnswer(await tokens.disable(id, actor)),
    },
    {
      method: 'POST',
      path: '/tokens/{id}/enable',
      id: 'enableToken',
      summary: 'Lets a disabled token work again',
      parameters: TOKEN_ID,
      answers: RECORD_ANSWER,
      refusals: ['forbidden', 'terminal'],
      run: async ({ tokens, id, actor }) => recordAnswer(await tokens.enable(id, actor)),
    },
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
