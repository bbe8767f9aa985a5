import {
  COUNT,
  DURATION,
  described,
  example,
  FLAG,
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
const NAME = { type: 'string', minLength: 1, maxLength: 100 };
const DESCRIPTION = { type: 'string', minLength: 1, maxLength: 500 };
const TAGS = list({ type: 'string', minLength: 1, maxLength: 50 }, { maxItems: 20 });
const AMOUNT = { type: 'integer', minimum: 1 };
const REMAINING = { type: 'integer', minimum: 0, description: 'What is left from now on. No record has it.' };
const DIGEST = {
  type: 'string',
  pattern: '^[0-9a-f]{64}$',
  description: 'Of a secret that the client minted. Beside `scheme`.',
};
const SCHEME = described('What the digest is of, as `mint` answers it: `credential-2`.', TEXT);
const orZero = (schema: Schema): Schema => ({ anyOf: [schema, { const: 0 }] });
const NIGHTLY_SENDER = {
  kind: 'permission-set',
  name: 'Nightly sender',
  owner: 'org:acme',
  templates: ['sender'],
  expiresIn: '90d',
};
const REASON = { type: 'string', minLength: 1, maxLength: 500 };

/** Tokens and their operations, by their names in the OpenAPI document. */
export const TOKEN_SCHEMAS: Readonly<Record<string, Schema>> = {
  TokenRecord: object({
    id: TEXT,
    kind: TEXT,
    name: TEXT,
    owner: TEXT,
    'subject?': TEXT,
    'description?': TEXT,
    'tags?': list(TEXT),
    'metadata?': { type: 'object' },
    'technicalUser?': TEXT,
    'parents?': described('Of a session: what it was exchanged from, nearest first.', list(TEXT)),
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
    'enabledAt?': INSTANT,
    createdAt: INSTANT,
    createdBy: TEXT,
    'notBefore?': INSTANT,
    'expiresAt?': INSTANT,
    'idleAfter?': COUNT,
    'conditions?': ref('Conditions'),
    'limits?': ref('Limits'),
    'heldAt?': TEXT,
    'boundsHeldAt?': described(
      'Of bounds that were set from above the owner: where the authority stood. Less only narrows them.',
      object({ 'conditions?': TEXT, 'limits?': TEXT, 'expiresAt?': TEXT }),
    ),
    'rotation?': object({
      revision: described('Of the token when it began.', COUNT),
      startedAt: INSTANT,
      startedBy: TEXT,
      graceEndsAt: INSTANT,
      'previousExpiresAt?': INSTANT,
      'endOldAtFirstUse?': FLAG,
    }),
    'imported?': object({ at: INSTANT, 'hint?': TEXT }),
    'lastUsedAt?': INSTANT,
    'uses?': COUNT,
    'permissionUse?': described(
      'When permissions were last asked for. One without a time was not asked for since `since`.',
      object({ since: INSTANT, lastUsedAt: mapOf(INSTANT) }),
    ),
    'lastUsedFrom?': described(
      'The last addresses that it was used from, the latest first, where the server notes them.',
      list(object({ address: TEXT, at: INSTANT }), { maxItems: 5 }),
    ),
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
      name: NAME,
      'owner?': TEXT,
      'subject?': TEXT,
      'resource?': TEXT,
      ...SELECTION,
      'expiresIn?': DURATION,
      'expiresAt?': INSTANT,
      'notBefore?': INSTANT,
      'idleAfter?': DURATION,
      'description?': DESCRIPTION,
      'tags?': TAGS,
      'metadata?': { type: 'object' },
      'conditions?': ref('Conditions'),
      'limits?': ref('Limits'),
      'technicalUser?': TEXT,
      'id?': described('Of a credential that the client minted. Beside `digest` and `scheme`.', TEXT),
      'digest?': DIGEST,
      'scheme?': SCHEME,
    }),
  ),
  Created: object({
    token: described(
      'The credential, here this once. null when the idempotency key found an earlier call, or the secret is the client’s own.',
      orNull(TEXT),
    ),
    record: ref('TokenRecord'),
  }),
  EditToken: object({
    'name?': NAME,
    'description?': orNull(DESCRIPTION),
    'tags?': orNull(TAGS),
    'metadata?': orNull({ type: 'object' }),
    ...SELECTION,
    'resources?': described(
      'Permissions that are held on some resources only; null lifts a narrowing. Those that are not named stay narrowed.',
      mapOf(orNull(list(TEXT))),
    ),
    'conditions?': orNull(ref('Conditions')),
    'limits?': orNull(ref('Limits')),
  }),
  RotateToken: object({
    'grace?': described('How long the old secret works beside the new one; 0: not at all.', orZero(DURATION)),
    'expiresIn?': described('Renews the token: it ends so long from now.', DURATION),
    'endOldAtFirstUse?': FLAG,
    'digest?': DIGEST,
    'scheme?': SCHEME,
  }),
  RevokeToken: object({ 'reason?': REASON }),
  RevokeAll: object({
    'owner?': described("Of this owner and of what stands below it; '' for everyone.", TEXT),
    'tag?': TEXT,
    'subject?': TEXT,
    'after?': TEXT,
    'reason?': REASON,
    'dryRun?': FLAG,
  }),
  BulkReport: object({
    complete: FLAG,
    ids: list(TEXT),
    already: COUNT,
    scanned: COUNT,
    notAllowed: list(TEXT),
    unreadable: list(TEXT),
    'next?': TEXT,
  }),
  Job: object({
    id: described('24 digits and letters from a to f.', TEXT),
    owner: TEXT,
    'tag?': TEXT,
    'subject?': TEXT,
    'reason?': TEXT,
    startedAt: INSTANT,
    startedBy: TEXT,
    updatedAt: INSTANT,
    complete: FLAG,
    pages: COUNT,
    revoked: described('How many tokens it has ended. Which, the audit trails of their owners say.', COUNT),
    already: described('How many were revoked before.', COUNT),
    scanned: described('How many it has looked at.', COUNT),
    notAllowed: described(
      'The first of the tokens that are not its actor’s to end.',
      list(TEXT, { maxItems: 100 }),
    ),
    unreadable: described(
      'The first of the tokens whose stored records are damaged.',
      list(TEXT, { maxItems: 100 }),
    ),
  }),
  Conditions: object({
    'ips?': list(TEXT, { minItems: 1 }),
    'origins?': list(TEXT, { minItems: 1 }),
    'audiences?': list(TEXT, { minItems: 1 }),
    'times?': object({
      'days?': list(oneOf('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minItems: 1 }),
      'from?': TEXT,
      'to?': TEXT,
      'utcOffset?': TEXT,
    }),
  }),
  Limits: object({
    'requests?': object({ limit: AMOUNT, per: DURATION }),
    'credits?': object({
      amount: AMOUNT,
      'remaining?': REMAINING,
      'refill?': object({ amount: AMOUNT, every: DURATION }),
    }),
  }),
};
