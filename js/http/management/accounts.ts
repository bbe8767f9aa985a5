import type { Account, AccountInput } from '../../accounts.js';
import { entityTag } from '../preconditions.js';
import type { Parameters } from '../query.js';
import { RequestRefused } from '../refusal.js';
import { json, type Route } from '../route.js';
import { object, ref, TEXT } from '../schemas/schema.js';
import { managed } from './managed.js';

const ACCOUNT_ID: Parameters = {
  id: { description: 'The owner, or the technical user. Its slashes are written %2F.', schema: TEXT },
};

const ACCOUNT_ANSWER = {
  200: { description: 'The account.', schema: ref('Account'), headers: ['ETag'] },
} as const;

const accountAnswer = (account: Account) => json(account, 200, { ETag: entityTag(account.revision) });

/** Owners and technical users. */
export function accountRoutes(basePath: string): Route[] {
  return managed(basePath, 'Accounts', [
    {
      method: 'GET',
      path: '/accounts/{id}',
      id: 'getAccount',
      summary: 'The account of an owner, or a technical user',
      parameters: ACCOUNT_ID,
      answers: ACCOUNT_ANSWER,
      refusals: ['forbidden'],
      run: async ({ tokens, id, actor }) => accountAnswer(await tokens.accounts.get(id, actor)),
    },
    {
      method: 'PUT',
      path: '/accounts/{id}',
      id: 'putAccount',
      summary: 'Registers an owner, or writes its account anew',
      description: 'What it may be given shrinks for living tokens at once.',
      parameters: ACCOUNT_ID,
      body: 'PutAccount',
      answers: ACCOUNT_ANSWER,
      refusals: ['forbidden', 'terminal', 'exceeds_ceiling'],
      run: async ({ tokens, id, body, actor }) => {
        if (Object.hasOwn(body, 'id')) {
          throw new RequestRefused('malformed_request', 'The id of the account stands in the path.');
        }
        return accountAnswer(await tokens.accounts.put({ ...body, id } as AccountInput, actor));
      },
    },
    {
      method: 'DELETE',
      path: '/accounts/{id}',
      id: 'deleteAccount',
      summary: 'Ends an account for good, and with it all its tokens',
      parameters: ACCOUNT_ID,
      answers: { 200: { description: 'It is no more.', schema: object({ id: TEXT }) } },
      refusals: ['forbidden'],
      run: async ({ tokens, id, actor }) => json(await tokens.accounts.delete(id, actor)),
    },
    {
      method: 'POST',
      path: '/accounts/{id}/disable',
      id: 'disableAccount',
      summary: 'Stops all tokens of an account, and of what stands below it, until it is enabled',
      parameters: ACCOUNT_ID,
      answers: ACCOUNT_ANSWER,
      refusals: ['forbidden', 'terminal'],
      run: async ({ tokens, id, actor }) => accountAnswer(await tokens.accounts.disable(id, actor)),
    },
    {
      method: 'POST',
      path: '/accounts/{id}/enable',
      id: 'enableAccount',
      summary: 'Lets the tokens of a disabled account work again',
      parameters: ACCOUNT_ID,
      answers: ACCOUNT_ANSWER,
      refusals: ['forbidden', 'terminal'],
      run: async ({ tokens, id, actor }) => accountAnswer(await tokens.accounts.enable(id, actor)),
    },
  ]);
}
