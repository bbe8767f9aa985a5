import type { CreateInput, ListQuery, TokenRecord } from '../../api/token.js';
import { entityTag, readIdempotencyKey } from '../preconditions.js';
import { AFTER, LIMIT, OWNER, type Parameters } from '../query.js';
import { RequestRefused } from '../refusal.js';
import { json, type Route } from '../route.js';
import { described, object, ref, TEXT } from '../schemas/schema.js';
import { type Managed, type ManagementCall, managed } from './management-route.js';

export const TOKEN_ID: Parameters = { id: { description: 'The id of the token.', schema: TEXT } };

/** The record of a token, with its revision as the entity tag. */
export const RECORD_ANSWER = {
  200: { description: 'The record.', schema: ref('TokenRecord'), headers: ['ETag'] },
} as const;

export const recordAnswer = (record: TokenRecord) => json(record, 200, { ETag: entityTag(record.revision) });

/** A change of a token that takes only its id. */
export function changeRow(
  verb: string,
  id: string,
  summary: string,
  change: (call: ManagementCall) => Promise<TokenRecord>,
  refusals: Managed['refusals'] = ['forbidden', 'terminal'],
): Managed {
  return {
    method: 'POST',
    path: `/tokens/{id}/${verb}`,
    id,
    summary,
    parameters: TOKEN_ID,
    answers: RECORD_ANSWER,
    refusals,
    run: async (call) => recordAnswer(await change(call)),
  };
}

/** Creates, lists, reads and deletes tokens. */
export function tokenRoutes(basePath: string): Route[] {
  return managed(basePath, 'Tokens', [
    {
      method: 'GET',
      path: '/tokens',
      id: 'listTokens',
      summary: 'The tokens of an owner, newest first, a page at a time',
      query: {
        owner: OWNER,
        kind: { description: 'Only tokens of this kind.', schema: TEXT },
        status: {
          description: 'Only tokens of this status.',
          schema: { type: 'string', enum: ['active', 'disabled', 'revoked'] },
        },
        tag: { description: 'Only tokens with this tag.', schema: TEXT },
        subject: { description: 'Only tokens that act as this one.', schema: TEXT },
        parent: { description: 'Only the living sessions of this token of the owner.', schema: TEXT },
        search: {
          description: 'Only tokens whose name or description has this in it, or whose id it is.',
          schema: TEXT,
        },
        after: AFTER,
        limit: LIMIT,
      },
      answers: { 200: { description: 'A page.', schema: ref('TokenPage') } },
      refusals: ['forbidden'],
      run: async ({ tokens, query, actor }) => json(await tokens.list(query as ListQuery, actor)),
    },
    {
      method: 'POST',
      path: '/tokens',
      id: 'createToken',
      summary: 'Makes a token',
      description: 'The credential is in this answer and nowhere else.',
      headers: ['Idempotency-Key'],
      body: 'CreateToken',
      answers: {
        201: { description: 'It is made.', schema: ref('Created'), headers: ['ETag', 'Location'] },
        200: {
          description: 'An earlier call with this idempotency key made it; its secret was in that answer.',
          schema: ref('Created'),
          headers: ['ETag', 'Location'],
        },
      },
      refusals: ['forbidden', 'exceeds_ceiling', 'name_taken'],
      run: async ({ tokens, body, actor, request }) => {
        const input = withIdempotencyKey(body, request.headers);
        const created = await tokens.create(input as unknown as CreateInput, actor);
        return json(created, created.token === null ? 200 : 201, {
          ETag: entityTag(created.record.revision),
          Location: `${basePath}/tokens/${created.record.id}`,
        });
      },
    },
    {
      method: 'GET',
      path: '/tokens/{id}',
      id: 'getToken',
      summary: 'The record of a token',
      parameters: TOKEN_ID,
      answers: RECORD_ANSWER,
      run: async ({ tokens, id, actor }) => recordAnswer(await tokens.get(id, actor)),
    },
    {
      method: 'DELETE',
      path: '/tokens/{id}',
      id: 'deleteToken',
      summary: 'Removes a token for good',
      description: 'Its id never comes back.',
      parameters: TOKEN_ID,
      answers: {
        200: { description: 'It is removed.', schema: described('What is no more.', object({ id: TEXT })) },
      },
      run: async ({ tokens, id, actor }) => json(await tokens.delete(id, actor)),
    },
  ]);
}

/** The idempotency key is a header only: two places could contradict each other. */
export function withIdempotencyKey(body: Record<string, unknown>, headers: Headers): Record<string, unknown> {
  if (Object.hasOwn(body, 'idempotencyKey')) {
    throw new RequestRefused(
      'malformed_request',
      'The idempotency key belongs in the header Idempotency-Key.',
    );
  }
  const idempotencyKey = readIdempotencyKey(headers);
  return idempotencyKey === undefined ? body : { ...body, idempotencyKey };
}
