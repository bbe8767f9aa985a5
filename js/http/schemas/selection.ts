import {
  COUNT,
  described,
  example,
  FLAG,
  list,
  mapOf,
  object,
  oneOf,
  ref,
  type Schema,
  TEXT,
} from './schema.js';

/** The members of a selection, which also stand in the input of create. */
export const SELECTION: Readonly<Record<string, Schema>> = {
  'templates?': list(TEXT, { maxItems: 100 }),
  'add?': described('Permissions and patterns on top.', list(TEXT, { maxItems: 1_000 })),
  'remove?': described('Permissions and patterns taken away again.', list(TEXT, { maxItems: 1_000 })),
  'role?': TEXT,
  'resources?': described('Permissions that are held on some resources only.', mapOf(list(TEXT))),
};

const source = (name: string) => object({ [name]: TEXT });
const warning = (code: string, more: Readonly<Record<string, Schema>> = {}) =>
  object({ code: { const: code }, ...more });

/** What selections come to. */
export const SELECTION_SCHEMAS: Readonly<Record<string, Schema>> = {
  Selection: example({ templates: ['sender'], add: ['messages:export'] }, object(SELECTION)),
  Preview: object({
    permissions: list(TEXT),
    'resources?': mapOf(list(TEXT)),
    'tree?': list(ref('Branch')),
    warnings: list(ref('Warning')),
  }),
  Branch: object({
    id: TEXT,
    title: TEXT,
    'description?': TEXT,
    state: oneOf('on', 'off', 'partly'),
    grantable: FLAG,
    'deprecated?': { const: true },
    from: list({ anyOf: ['template', 'role', 'added', 'impliedBy', 'removed'].map(source) }),
    children: list(ref('Branch')),
  }),
  Warning: {
    oneOf: [
      warning('empty'),
      warning('admin_role'),
      warning('implied_removed', { permission: TEXT, impliedBy: list(TEXT) }),
      warning('deprecated', { permission: TEXT, 'replacement?': TEXT }),
      warning('wider_than_recommended', { template: TEXT, extra: list(TEXT) }),
    ],
  },
  WantedPermissions: example(
    { permissions: ['messages:send'] },
    object({ permissions: list(TEXT, { minItems: 1, maxItems: 1_000 }) }),
  ),
  Suggestion: object({
    templates: list(ref('Offer')),
    add: list(ref('Offer')),
    excess: list(TEXT),
    smallest: FLAG,
    instead: list(ref('Offer')),
  }),
  Offer: object({ id: TEXT, gives: list(TEXT), excess: list(TEXT) }),
  DriftReport: object({
    items: list(
      object({
        id: TEXT,
        name: TEXT,
        adds: list(TEXT),
        drops: list(TEXT),
        templates: list(object({ id: TEXT, version: COUNT, 'current?': COUNT, adds: list(TEXT) })),
      }),
    ),
    templates: list(object({ id: TEXT, 'version?': COUNT, behind: COUNT, adds: list(TEXT) })),
    scanned: COUNT,
    'unreadable?': list(TEXT),
    'next?': TEXT,
  }),
};
