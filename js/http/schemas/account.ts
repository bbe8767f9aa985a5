import type { ApiTypes } from './api-types.js';
import {
  COUNT,
  described,
  INSTANT,
  list,
  mapOf,
  OBJECT,
  objectOf,
  oneOf,
  orNull,
  ref,
  TEXT,
  text,
} from './schema.js';

/** Accounts and audit entries. */
export const ACCOUNT_SCHEMAS = {
  Account: objectOf<ApiTypes['Account']>({
    id: TEXT,
    type: oneOf('owner', 'technical-user'),
    'title?': TEXT,
    roles: mapOf(TEXT),
    ceilings: described(
      'The most that its tokens can do, as it was resolved when the account was written.',
      list(objectOf({ resource: TEXT, permissions: list(TEXT) })),
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
  PutAccount: objectOf<ApiTypes['PutAccount']>({
    'title?': text({ minLength: 1, maxLength: 100 }),
    'roles?': described('By resource.', mapOf(TEXT)),
    'permissions?': described('By resource, permissions and patterns.', mapOf(list(TEXT))),
  }),
  AuditEntry: objectOf<ApiTypes['AuditEntry']>({
    v: COUNT,
    owner: TEXT,
    seq: COUNT,
    at: INSTANT,
    actor: TEXT,
    operation: TEXT,
    'token?': TEXT,
    'account?': TEXT,
    'reason?': TEXT,
    before: described('The members that changed, as they were.', OBJECT),
    after: described('The members that changed, as they are now.', OBJECT),
    previous: described('The SHA-256 of the entry before this one, in hex.', orNull(TEXT)),
  }),
  AuditPage: objectOf<ApiTypes['AuditPage']>({
    items: list(ref('AuditEntry')),
    'unreadable?': described('Entries that are damaged, by their numbers.', list(COUNT)),
    'next?': COUNT,
  }),
};
