import {
  COUNT,
  described,
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

/** Accounts and audit entries. */
export const ACCOUNT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Account: object({
    id: TEXT,
    type: oneOf('owner', 'technical-user'),
    'title?': TEXT,
    roles: mapOf(TEXT),
    ceilings: described(
      'The most that its tokens can do, as it was resolved when the account was written.',
      list(object({ resource: TEXT, permissions: list(TEXT) })),
    ),
    status: oneOf('active', 'disabled'),
    'heldAt?': TEXT,
    'tokens?': list(TEXT),
    createdAt: INSTANT,
    createdBy: TEXT,
    'statusChangedAt?': INSTANT,
    'statusChangedBy?': TEXT,
    revision: COUNT,
  }),
  PutAccount: object({
    'title?': { type: 'string', minLength: 1, maxLength: 100 },
    'roles?': described('By resource.', mapOf(TEXT)),
    'permissions?': described('By resource, permissions and patterns.', mapOf(list(TEXT))),
  }),
  AuditEntry: object({
    v: COUNT,
    owner: TEXT,
    seq: COUNT,
    at: INSTANT,
    actor: TEXT,
    operation: TEXT,
    'token?': TEXT,
    'account?': TEXT,
    'reason?': TEXT,
    before: described('The members that changed, as they were.', { type: 'object' }),
    after: described('The members that changed, as they are now.', { type: 'object' }),
    previous: described('The SHA-256 of the entry before this one, in hex.', orNull(TEXT)),
  }),
  AuditPage: object({
    items: list(ref('AuditEntry')),
    'unreadable?': described('Entries that are damaged, by their numbers.', list(COUNT)),
    'next?': COUNT,
  }),
};
