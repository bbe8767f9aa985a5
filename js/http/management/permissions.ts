import type { DriftQuery } from '../../api/drift.js';
import type { Selection } from '../../api/selection.js';
import { AFTER, LIMIT, OWNER } from '../query.js';
import { RequestRefused } from '../refusal.js';
import { json, type Route } from '../route.js';
import { ref, TEXT } from '../schemas/schema.js';
import { managed } from './management-route.js';

/** Describes, resolves and compares selections. */
export function permissionRoutes(basePath: string): Route[] {
  return managed(basePath, 'Permissions', [
    {
      method: 'GET',
      path: '/catalog',
      id: 'describeCatalog',
      summary: 'What can be chosen when a token is made, and what of it the actor can give at an owner',
      description: 'The services with their permissions are in the tree of a preview.',
      query: { owner: OWNER },
      answers: { 200: { description: 'What can be chosen.', schema: ref('Description') } },
      run: async ({ tokens, query, actor }) => json(await tokens.describe(query, actor)),
    },
    {
      method: 'POST',
      path: '/resolve',
      id: 'resolveSelection',
      summary: 'What a selection comes to: exactly the permissions that a token of it would hold',
      body: 'Selection',
      answers: { 200: { description: 'The preview.', schema: ref('Preview') } },
      run: async ({ tokens, body }) => json(tokens.resolve(body as Selection)),
    },
    {
      method: 'POST',
      path: '/suggest',
      id: 'suggestSelection',
      summary: 'The smallest selection that gives these permissions',
      body: 'WantedPermissions',
      answers: { 200: { description: 'The suggestion.', schema: ref('Suggestion') } },
      run: async ({ tokens, body }) => json(tokens.suggest(wanted(body))),
    },
    {
      method: 'GET',
      path: '/drift',
      id: 'reportDrift',
      summary: 'Which tokens of an owner are not what their selection would come to today',
      query: {
        owner: OWNER,
        template: { description: 'Only tokens that are behind this template.', schema: TEXT },
        after: AFTER,
        limit: LIMIT,
      },
      answers: { 200: { description: 'A page of the report.', schema: ref('DriftReport') } },
      refusals: ['forbidden'],
      run: async ({ tokens, query, actor }) => json(await tokens.drift(query as DriftQuery, actor)),
    },
  ]);
}

function wanted({ permissions, ...more }: Record<string, unknown>): string[] {
  if (Object.keys(more).length === 0) return permissions as string[];
  throw new RequestRefused('malformed_request', 'The body must have the member "permissions" only.');
}
