import type { Problem } from '../../api/codes.js';
import type { HostActor, TokenActor } from '../../api/token.js';
import { STATUSES } from '../refusal.js';
import { ACCOUNT_SCHEMAS } from './account.js';
import type { ApiTypes } from './api-types.js';
import { OAUTH_SCHEMAS } from './oauth.js';
import {
  described,
  type Json,
  list,
  mapOf,
  OBJECT,
  object,
  objectOf,
  oneOf,
  type Schema,
  type SchemaOf,
  TEXT,
  union,
} from './schema.js';
import { SELECTION_SCHEMAS } from './selection.js';
import { TOKEN_SCHEMAS } from './token.js';

/** The deployment and the actor, by their names in the OpenAPI document. */
const DEPLOYMENT_SCHEMAS = {
  Deployment: object({
    prefix: described('The start of every credential.', TEXT),
    catalog: described('Services, templates, roles and kinds.', OBJECT),
  }),
  Actor: union(
    'oneOf',
    objectOf<HostActor>({
      id: TEXT,
      'roles?': described('By resource.', mapOf(TEXT)),
      'permissions?': list(TEXT),
    }),
    objectOf<TokenActor>({ token: described('The id of the token that this actor is.', TEXT) }),
  ),
};

/** Problem details. */
const PROBLEM_SCHEMAS = {
  Problem: {
    ...object({
      type: { const: 'about:blank' },
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: TEXT,
      code: oneOf(...Object.keys(STATUSES)),
      'path?': TEXT,
      'problems?': list(objectOf<Problem>({ path: TEXT, message: TEXT })),
    }),
    description: 'RFC 9457. Branch on `code`.',
  },
};

/** A schema for each of the types. */
type Described = { readonly [Name in keyof ApiTypes]: SchemaOf<Json<ApiTypes[Name]>> };

/** All schemas, by their names in the OpenAPI document. */
export const SCHEMAS: Readonly<Record<string, Schema>> & Described = {
  ...TOKEN_SCHEMAS,
  ...SELECTION_SCHEMAS,
  ...ACCOUNT_SCHEMAS,
  ...DEPLOYMENT_SCHEMAS,
  ...OAUTH_SCHEMAS,
  ...PROBLEM_SCHEMAS,
};
