import { STATUSES } from '../refusal.js';
import { ACCOUNT_SCHEMAS } from './account.js';
import { OAUTH_SCHEMAS } from './oauth.js';
import { described, list, mapOf, object, oneOf, type Schema, TEXT } from './schema.js';
import { SELECTION_SCHEMAS } from './selection.js';
import { TOKEN_SCHEMAS } from './token.js';

/** The deployment and the actor, by their names in the OpenAPI document. */
const DEPLOYMENT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Deployment: object({
    prefix: described('The start of every credential.', TEXT),
    catalog: described('Services, templates, roles and kinds.', { type: 'object' }),
  }),
  Actor: {
    oneOf: [
      object({
        id: TEXT,
        'roles?': described('By resource.', mapOf(TEXT)),
        'permissions?': list(TEXT),
      }),
      object({ token: described('The id of the token that this actor is.', TEXT) }),
    ],
  },
};

/** Problem details. */
const PROBLEM_SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: {
    ...object({
      type: { const: 'about:blank' },
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: TEXT,
      code: oneOf(...Object.keys(STATUSES)),
      'path?': TEXT,
      'problems?': list(object({ path: TEXT, message: TEXT })),
    }),
    description: 'RFC 9457. Branch on `code`.',
  },
};

/** All schemas, by their names in the OpenAPI document. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...TOKEN_SCHEMAS,
  ...SELECTION_SCHEMAS,
  ...ACCOUNT_SCHEMAS,
  ...DEPLOYMENT_SCHEMAS,
  ...OAUTH_SCHEMAS,
  ...PROBLEM_SCHEMAS,
};
