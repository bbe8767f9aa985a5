import {
  COUNT,
  DURATION,
  described,
  example,
  INSTANT,
  list,
  mapOf,
  object,
  oneOf,
  orNull,
  ref,
  type Schema,
  TEXT,
} from './schema.js';
import { SELECTION } from './selection.js';

const STATUS = oneOf('active', 'disabled', 'revoked');
const NIGHTLY_SENDER = {
  kind: 'permission-set',
  name: 'Nightly sender',
  owner: 'org:acme',
  templates: ['sender'],
  expiresIn: '90d',
};
const REASON = { type: 'string', minLength: 1, maxLength: 500 };

/** What tokens are and what is done to them, by the names that the OpenAPI document gives them. */
export const TOKEN_SCHEMAS: Readonly<Record<string, Schema>> = {
  TokenRecord: object({
    id: TEXT,
    kind: TEXT,
    name: TEXT,
    owner: TEXT,
    'subject?': TEXT,
    resource: described('The boundary: the resource that the token may not leave.', TEXT),
    'role?': TEXT,
    permissions: described('The frozen grant.', list(TEXT)),
    'resources?': described(
      'Permissions of the grant that are held on some resources only.',
      mapOf(list(TEXT)),
    ),
    templates: list(object({ id: TEXT, version: COUNT })),
    added: list(TEXT),
    removed: list(TEXT),
    status: STATUS,
    'reason?': TEXT,
    'statusChangedAt?': INSTANT,
    'statusChangedBy?': TEXT,
    createdAt: INSTANT,
    createdBy: TEXT,
    'notBefore?': INSTANT,
    'expiresAt?': INSTANT,
    revision: described('Rises with every change; the ETag.', COUNT),
  }),
  TokenPage: object({
    items: list(ref('TokenRecord')),
    'next?': described('Give it as `after` for the next page; absent on the last.', TEXT),
    'unreadable?': described('Tokens whose stored records are damaged.', list(TEXT)),
  }),
  CreateToken: example(
    NIGHTLY_SENDER,
    object({
      kind: { type: 'string', minLength: 1, maxLength: 64 },
      name: { type: 'string', minLength: 1, maxLength: 100 },
      'owner?': TEXT,
      'subject?': TEXT,
      'resource?': TEXT,
      ...SELECTION,
      'expiresIn?': DURATION,
      'expiresAt?': INSTANT,
      'notBefore?': INSTANT,
    }),
  ),
  Created: object({
    token: described(
      'The credential, here this once. null when the idempotency key found an earlier call, or the secret is the client’s own.',
      orNull(TEXT),
    ),
    record: ref('TokenRecord'),
  }),
  RevokeToken: object({ 'reason?': REASON }),
};
