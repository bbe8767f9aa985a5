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

/** The members of a selection, which the input of create has too. */
export const SELECTION: Readonly<Record<string, Schema>> = {
  'templates?': list(TEXT, { maxItems: 100 }),
  'add?': described('Permissions and patterns on top.', list(TEXT, { maxItems: 1_000 })),
  'remove?': described('Permissions and patterns taken away again.', list(TEXT, { maxItems: 1_000 })),
  'role?': TEXT,
  'resources?': described('Permissions that are held on some resources only.', mapOf(list(TEXT))),
};

const NAMED = { id: TEXT, title: TEXT, 'description?': TEXT };
const ACTIONS = ['disable', 'revoke', 'delete', 'rotate', 'exchange'];
const MILLISECONDS = described('Milliseconds.', COUNT);
const source = (name: string) => object({ [name]: TEXT });
const warning = (code: string, more: Readonly<Record<string, Schema>> = {}) =>
  object({ code: { const: code }, ...more });

/** Resolved selections. */
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
  Description: object({
    version: described("The catalog's own version.", TEXT),
    prefix: described('How credentials begin.', TEXT),
    owner: described('The owner that `manage` and `ceiling` are about.', TEXT),
    templates: list(
      object({ ...NAMED, version: COUNT, recommended: FLAG, permissions: described('How many.', COUNT) }),
    ),
    roles: list(object(NAMED)),
    kinds: list(ref('DescribedKind')),
    ceiling: described('The permissions that the actor can give at the owner.', list(TEXT)),
  }),
  DescribedKind: object({
    id: TEXT,
    'title?': TEXT,
    'description?': TEXT,
    manage: described('Whether the actor manages tokens of this kind for the owner.', FLAG),
    lifetime: object({
      'default?': MILLISECONDS,
      'longest?': MILLISECONDS,
      required: FLAG,
      'idle?': MILLISECONDS,
    }),
    uniqueNames: FLAG,
    exchanged: described('Whether tokens of this kind come from an exchange only.', FLAG),
    technicalUser: FLAG,
    editable: list(oneOf('permissions', 'name', 'description', 'tags', 'metadata', 'conditions', 'limits')),
    actions: list(oneOf(...ACTIONS)),
    labels: object(Object.fromEntries(['enable', ...ACTIONS].map((action) => [`${action}?`, TEXT]))),
    'role?': described('The role of a token that names none.', TEXT),
    rotation: object({
      grace: MILLISECONDS,
      longestGrace: MILLISECONDS,
      reuse: oneOf('alert', 'disable', 'revoke'),
    }),
    sessions: described('The most living sessions of one parent.', COUNT),
  }),
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
