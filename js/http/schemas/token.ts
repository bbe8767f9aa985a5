import type { Limits, RecordedLimits } from '../../api/conditions.js';
import type { ApiTypes } from './api-types.js';
import {
  COUNT,
  constant,
  DURATION,
  described,
  example,
  FLAG,
  GIVEN_INSTANT,
  INSTANT,
  integer,
  list,
  MILLISECONDS,
  mapOf,
  OBJECT,
  objectOf,
  oneOf,
  orNull,
  ref,
  TEXT,
  text,
  union,
} from './schema.js';
import { SELECTION } from './selection.js';

const STATUS = oneOf('active', 'disabled', 'revoked');
const NAME = text({ minLength: 1, maxLength: 100 });
const DESCRIPTION = text({ minLength: 1, maxLength: 500 });
const TAGS = list(text({ minLength: 1, maxLength: 50 }), { maxItems: 20 });
const AMOUNT = integer({ minimum: 1 });
const REMAINING = integer({ minimum: 0, description: 'What is left from now on. No record has it.' });
const DIGEST = text({
  pattern: '^[0-9a-f]{64}$',
  description: 'Of a secret that the client minted. Beside `scheme`.',
});
const SCHEME = described('What the digest is of, as `mint` answers it: `credential-2`.', TEXT);
const orZero = (schema: typeof DURATION) => union('anyOf', schema, constant(0));
const NIGHTLY_SENDER = {
  kind: 'permission-set',
  name: 'Nightly sender',
  owner: 'org:acme',
  templates: ['sender'],
  expiresIn: '90d',
};
const REASON = text({ minLength: 1, maxLength: 500 });

/** A member of a token. */
type Part<Name extends keyof ApiTypes['TokenRecord']> = NonNullable<ApiTypes['TokenRecord'][Name]>;

/** The members of a token, less its lists of permissions. */
const RECORD = {
  id: TEXT,
  kind: TEXT,
  name: TEXT,
  owner: TEXT,
  'subject?': TEXT,
  'description?': TEXT,
  'tags?': list(TEXT),
  'metadata?': OBJECT,
  'technicalUser?': TEXT,
  'parents?': described('Of a session: what it was exchanged from, nearest first.', list(TEXT)),
  resource: described('The boundary: the resource that the token may not leave.', TEXT),
  'role?': TEXT,
  'resources?': described(
    'Permissions of the grant that are held on some resources only.',
    mapOf(list(TEXT)),
  ),
  templates: list(objectOf<Part<'templates'>[number]>({ id: TEXT, version: COUNT })),
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
  'limits?': ref('RecordedLimits'),
  'heldAt?': TEXT,
  'boundsHeldAt?': described(
    'Of bounds that were set from above the owner: where the authority stood. Less only narrows them.',
    objectOf<Part<'boundsHeldAt'>>({ 'conditions?': TEXT, 'limits?': TEXT, 'expiresAt?': TEXT }),
  ),
  'rotation?': objectOf<Part<'rotation'>>({
    revision: described('Of the token when it began.', COUNT),
    startedAt: INSTANT,
    startedBy: TEXT,
    graceEndsAt: INSTANT,
    'previousExpiresAt?': INSTANT,
    'endOldAtFirstUse?': FLAG,
  }),
  'imported?': objectOf<Part<'imported'>>({ at: INSTANT, 'hint?': TEXT }),
  'lastUsedAt?': INSTANT,
  'uses?': COUNT,
  'permissionUse?': described(
    'When permissions were last asked for. One without a time was not asked for since `since`.',
    objectOf<Part<'permissionUse'>>({ since: INSTANT, lastUsedAt: mapOf(INSTANT) }),
  ),
  'lastUsedFrom?': described(
    'The last addresses that it was used from, the latest first, where the server notes them.',
    list(objectOf<Part<'lastUsedFrom'>[number]>({ address: TEXT, at: INSTANT }), { maxItems: 5 }),
  ),
  revision: described('Rises with every change; the ETag.', COUNT),
};

/** Tokens and their operations, by their names in the OpenAPI document. */
export const TOKEN_SCHEMAS = {
  TokenRecord: objectOf<ApiTypes['TokenRecord']>({
    ...RECORD,
    permissions: described('The frozen grant.', list(TEXT)),
    added: list(TEXT),
    removed: list(TEXT),
  }),
  ListedToken: objectOf<ApiTypes['ListedToken']>({
    ...RECORD,
    permissionCount: described('How many permissions it has.', COUNT),
    'permissions?': described('The frozen grant, unless it has 200 permissions or more.', list(TEXT)),
    'added?': described('Absent if there are 200 or more.', list(TEXT)),
    'removed?': described('Absent if there are 200 or more.', list(TEXT)),
  }),
  TokenPage: objectOf<ApiTypes['TokenPage']>({
    items: list(ref('ListedToken')),
    'next?': described('Give it as `after` for the next page; absent on the last.', TEXT),
    'unreadable?': described('Tokens whose stored records are damaged.', list(TEXT)),
  }),
  CreateToken: example(
    NIGHTLY_SENDER,
    objectOf<ApiTypes['CreateToken']>({
      kind: text({ minLength: 1, maxLength: 64 }),
      name: NAME,
      'owner?': TEXT,
      'subject?': TEXT,
      'resource?': TEXT,
      ...SELECTION,
      'expiresIn?': DURATION,
      'expiresAt?': GIVEN_INSTANT,
      'notBefore?': GIVEN_INSTANT,
      'idleAfter?': DURATION,
      'description?': DESCRIPTION,
      'tags?': TAGS,
      'metadata?': OBJECT,
      'conditions?': ref('Conditions'),
      'limits?': ref('Limits'),
      'technicalUser?': TEXT,
      'id?': described('Of a credential that the client minted. Beside `digest` and `scheme`.', TEXT),
      'digest?': DIGEST,
      'scheme?': SCHEME,
    }),
  ),
  Created: objectOf<ApiTypes['Created']>({
    token: described(
      'The credential, here this once. null when the idempotency key found an earlier call, or the secret is the client’s own.',
      orNull(TEXT),
    ),
    record: ref('TokenRecord'),
  }),
  EditToken: objectOf<ApiTypes['EditToken']>({
    'name?': NAME,
    'description?': orNull(DESCRIPTION),
    'tags?': orNull(TAGS),
    'metadata?': orNull(OBJECT),
    ...SELECTION,
    'resources?': described(
      'Permissions that are held on some resources only; null lifts a narrowing. Those that are not named stay narrowed.',
      mapOf(orNull(list(TEXT))),
    ),
    'conditions?': orNull(ref('Conditions')),
    'limits?': orNull(ref('Limits')),
  }),
  RotateToken: objectOf<ApiTypes['RotateToken']>({
    'grace?': described('How long the old secret works beside the new one; 0: not at all.', orZero(DURATION)),
    'expiresIn?': described('Renews the token: it ends so long from now.', DURATION),
    'endOldAtFirstUse?': FLAG,
    'digest?': DIGEST,
    'scheme?': SCHEME,
  }),
  RevokeToken: objectOf<ApiTypes['RevokeToken']>({ 'reason?': REASON }),
  RevokeAll: objectOf<ApiTypes['RevokeAll']>({
    'owner?': described("Of this owner and of what stands below it; '' for everyone.", TEXT),
    'tag?': TEXT,
    'subject?': TEXT,
    'after?': TEXT,
    'reason?': REASON,
    'dryRun?': FLAG,
  }),
  BulkReport: objectOf<ApiTypes['BulkReport']>({
    complete: FLAG,
    ids: list(TEXT),
    already: COUNT,
    scanned: COUNT,
    notAllowed: list(TEXT),
    unreadable: list(TEXT),
    'next?': TEXT,
  }),
  Job: objectOf<ApiTypes['Job']>({
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
  Conditions: objectOf<ApiTypes['Conditions']>({
    'ips?': list(TEXT, { minItems: 1 }),
    'origins?': list(TEXT, { minItems: 1 }),
    'audiences?': list(TEXT, { minItems: 1 }),
    'times?': objectOf({
      'days?': list(oneOf('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minItems: 1 }),
      'from?': TEXT,
      'to?': TEXT,
      'utcOffset?': TEXT,
    }),
  }),
  RecordedLimits: objectOf<ApiTypes['RecordedLimits']>({
    'requests?': objectOf({ limit: AMOUNT, per: MILLISECONDS }),
    'credits?': objectOf<NonNullable<RecordedLimits['credits']>>({
      amount: AMOUNT,
      'refill?': objectOf({ amount: AMOUNT, every: MILLISECONDS }),
    }),
  }),
  Limits: objectOf<ApiTypes['Limits']>({
    'requests?': objectOf({ limit: AMOUNT, per: DURATION }),
    'credits?': objectOf<NonNullable<Limits['credits']>>({
      amount: AMOUNT,
      'remaining?': REMAINING,
      'refill?': objectOf({ amount: AMOUNT, every: DURATION }),
    }),
  }),
};
