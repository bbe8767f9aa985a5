import type { Account, AccountInput } from '../../accounts.js';
import { entityTag, fromRevision, readIfNoneMatch, refuseRevision } from '../preconditions.js';
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

const accountAnswer = (account: Account, status = 200) =>
  json(account, status, { ETag: entityTag(account.revision) });

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
      description:
        'What it may be given shrinks for living tokens at once. `If-Match` names the revision that is replaced; `If-None-Match: *` registers an owner that is not there yet.',
      parameters: ACCOUNT_ID,
      headers: ['If-Match', 'If-None-Match'],
      body: 'PutAccount',
      answers: {
        ...ACCOUNT_ANSWER,
        201: { description: 'It is registered.', schema: ref('Account'), headers: ['ETag'] },
      },
      refusals: ['forbidden', 'terminal', 'exceeds_ceiling'],
      run: async ({ tokens, id, body, actor, request }) => {
        const seen = readIfNoneMatch(request.headers);
        refuseRevision(body);
        if (Object.hasOwn(body, 'id')) {
          throw new RequestRefused('malformed_request', 'The id of the account stands in the path.');
        }
        // What `If-Match: *` asks for is whatever is there, but that something is.
        const revision = seen ?? (await tokens.accounts.get(id, actor)).revision;
        const input = { ...body, id, revision } as AccountInput;
        const account = await fromRevision(tokens.accounts.put(input, actor));
        return accountAnswer(account, revision === 0 ? 201 : 200);
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
      refusals: ['forbidden', 'terminal', 'exceeds_ceiling'],
      run: async ({ tokens, id, actor }) => accountAnswer(await tokens.accounts.enable(id, actor)),
    },
  ]);
}
