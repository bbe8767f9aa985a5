import type { RotateOptions } from '../../api/rotation.js';
import { entityTag } from '../preconditions.js';
import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { managed } from './management-route.js';
import { changeRow, TOKEN_ID, withIdempotencyKey } from './tokens.js';

/** Rotates the secret of a token in two phases. */
export function rotationRoutes(basePath: string): Route[] {
  return managed(basePath, 'Tokens', [
    {
      method: 'POST',
      path: '/tokens/{id}/rotate',
      id: 'rotateToken',
      summary: 'Gives a token a new secret beside the old one',
      description: 'Both work until the grace is over, or the rotation is confirmed or aborted.',
      parameters: TOKEN_ID,
      headers: ['Idempotency-Key'],
      body: 'RotateToken?',
      answers: {
        200: {
          description: 'The new credential, here this once, and the record.',
          schema: ref('Created'),
          headers: ['ETag'],
        },
      },
      refusals: ['forbidden', 'terminal', 'exceeds_ceiling', 'name_taken'],
      run: async ({ tokens, id, body, actor, request }) => {
        const options = withIdempotencyKey(body, request.headers);
        const rotated = await tokens.rotate(id, options as RotateOptions, actor);
        return json(rotated, 200, { ETag: entityTag(rotated.record.revision) });
      },
    },
    changeRow('confirm-rotation', 'confirmRotation', 'Ends the old secret at once', ({ tokens, id, actor }) =>
      tokens.confirmRotation(id, actor),
    ),
    changeRow(
      'abort-rotation',
      'abortRotation',
      'Takes the new secret back; the old one goes on',
      ({ tokens, id, actor }) => tokens.abortRotation(id, actor),
    ),
  ]);
}
