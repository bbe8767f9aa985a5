import type { RevokeAllQuery } from '../../bulk.js';
import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { managed } from './managed.js';

/** The button for an incident. */
export const bulkRoutes = (basePath: string): Route[] =>
  managed(basePath, 'Tokens', [
    {
      method: 'POST',
      path: '/revoke-all',
      id: 'revokeAll',
      summary: 'Revokes all tokens of an owner and of what stands below it, of a subject, or with a tag',
      description: 'What an interruption leaves the same call finishes.',
      body: 'RevokeAll',
      answers: { 200: { description: 'What was done.', schema: ref('BulkReport') } },
      refusals: ['forbidden'],
      run: async ({ tokens, body: { reason, dryRun, ...query }, actor, request }) =>
        json(
          await tokens.revokeAll(
            query as RevokeAllQuery,
            { reason: reason as string, dryRun: dryRun as boolean, signal: request.signal },
            actor,
          ),
        ),
    },
  ]);
