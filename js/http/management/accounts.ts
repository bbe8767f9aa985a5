import type { Account, AccountInput } from '../../api/accounts.js';
import { LeastkeyError } from '../../api/errors.js';
import type { Actor } from '../../api/token.js';
import type { Tokens } from '../../api/tokens.js';
import {
  chooseRevision,
  entityTag,
  fromRevision,
  NO_REVISION,
  readIfNoneMatch,
  refuseRevision,
} from '../preconditions.js';
import type { Parameters } from '../query.js';
import { RequestRefused } from '../refusal.js';
import { json, type Route } from '../route.js';
import { object, ref, TEXT } from '../schemas/schema.js';
import { type Managed, managed } from './management-route.js';

const ACCOUNT_ID: Parameters = {
  id: {
    description:
      'The owner, or the technical user. Its slashes are written %2F, or as they are: some proxies decode them.',
    schema: TEXT,
  },
};

const ACCOUNT_QUERY: Parameters = {
  id: { description: 'The owner, or the technical user.', schema: TEXT, required: true },
};

const ACCOUNT_ANSWER = {
  200: { description: 'The account.', schema: ref('Account'), headers: ['ETag'] },
} as const;

const accountAnswer = (account: Account, status = 200) =>
  json(account, status, { ETag: entityTag(account.revision) });

/**
 * The revision of an account; {@link NO_REVISION} if it does not exist, so that the core decides on
 * the refusal.
 */
async function currentRevision(tokens: Tokens, id: string, actor: Actor): Promise<number> {
  try {
    return (await tokens.accounts.get(id, actor)).revision;
  } catch (error) {
    if (error instanceof LeastkeyError && error.code === 'not_found') return NO_REVISION;
    throw error;
  }
}

/**
 * A route of one account in two forms: with its id in the path, or in the query, which is safe from
 * proxies and verbs.
 */
function byPathAndQuery(row: Omit<Managed, 'path'>): Managed[] {
  return [
    { ...row, path: '/accounts/{id}', parameters: ACCOUNT_ID },
    { ...row, path: '/accounts', id: `${row.id}ByQuery`, query: ACCOUNT_QUERY },
  ];
}

/** Owners and technical users. */
export function accountRoutes(basePath: string): Route[] {
  return managed(basePath, 'Accounts', [
    ...byPathAndQuery({
      method: 'GET',
      id: 'getAccount',
      summary: 'The account of an owner, or a technical user',
      answers: ACCOUNT_ANSWER,
      refusals: ['forbidden'],
      run: async ({ tokens, id, actor }) => accountAnswer(await tokens.accounts.get(id, actor)),
    }),
    ...byPathAndQuery({
      method: 'PUT',
      id: 'putAccount',
      summary: 'Registers an owner, or replaces its account',
      description:
        'What it may be given shrinks for living tokens at once. `If-Match` names the revision that is replaced; `If-None-Match: *` registers an owner that is not there yet.',
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
          throw new RequestRefused(
            'malformed_request',
            'The id of the account belongs in the path or the query.',
          );
        }
        const current = () => currentRevision(tokens, id, actor);
        // `If-Match: *` requires that the account exists. A deleted one never comes back.
        const revision = seen === '*' ? await current() : await chooseRevision(seen, current);
        const from = seen === '*' && revision !== NO_REVISION ? {} : { revision };
        const input = { ...body, id, ...from } as AccountInput;
        const account = await fromRevision(tokens.accounts.put(input, actor));
        return accountAnswer(account, revision === 0 ? 201 : 200);
      },
    }),
    ...byPathAndQuery({
      method: 'DELETE',
      id: 'deleteAccount',
      summary: 'Ends an account for good, and with it all its tokens',
      answers: { 200: { description: 'It is no more.', schema: object({ id: TEXT }) } },
      refusals: ['forbidden'],
      run: async ({ tokens, id, actor }) => json(await tokens.accounts.delete(id, actor)),
    }),
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
