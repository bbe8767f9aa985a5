import type { DescribedKind } from '../../api/choices.js';
import type { DriftedToken } from '../../api/drift.js';
import type { Selection, Warning } from '../../api/selection.js';
import type { ApiTypes } from './api-types.js';
import {
  COUNT,
  constant,
  described,
  example,
  FLAG,
  list,
  type Members,
  mapOf,
  object,
  objectOf,
  oneOf,
  ref,
  TEXT,
  union,
} from './schema.js';

/** The members of a selection, which the input of create has too. */
export const SELECTION: Members<Selection> = {
  'templates?': list(TEXT, { maxItems: 100 }),
  'add?': described('Permissions and patterns on top.', list(TEXT, { maxItems: 20_000 })),
  'remove?': described('Permissions and patterns taken away again.', list(TEXT, { maxItems: 20_000 })),
  'role?': TEXT,
  'resources?': described('Permissions that are held on some resources only.', mapOf(list(TEXT))),
};

const NAMED = { id: TEXT, title: TEXT, 'description?': TEXT };
const MILLISECONDS = described('Milliseconds.', COUNT);
type WarningOf<Code> = Extract<Warning, { code: Code }>;

/** Resolved selections. */
export const SELECTION_SCHEMAS = {
  Selection: example({ templates: ['sender'], add: ['messages:export'] }, objectOf<Selection>(SELECTION)),
  Preview: objectOf<ApiTypes['Preview']>({
    permissions: list(TEXT),
    'resources?': mapOf(list(TEXT)),
    'tree?': list(ref('Branch')),
    warnings: list(ref('Warning')),
  }),
  Branch: objectOf<ApiTypes['Branch']>({
    id: TEXT,
    title: TEXT,
    'description?': TEXT,
    state: oneOf('on', 'off', 'partly'),
    grantable: FLAG,
    'deprecated?': constant(true),
    from: list(
      union(
        'anyOf',
        objectOf<{ template: string }>({ template: TEXT }),
        objectOf<{ role: string }>({ role: TEXT }),
        objectOf<{ added: string }>({ added: TEXT }),
        objectOf<{ impliedBy: string }>({ impliedBy: TEXT }),
        objectOf<{ removed: string }>({ removed: TEXT }),
      ),
    ),
    children: list(ref('Branch')),
    'more?': COUNT,
  }),
  Warning: union(
    'oneOf',
    objectOf<WarningOf<'empty'>>({ code: constant('empty') }),
    objectOf<WarningOf<'admin_role'>>({ code: constant('admin_role') }),
    objectOf<WarningOf<'implied_removed'>>({
      code: constant('implied_removed'),
      permission: TEXT,
      impliedBy: list(TEXT),
    }),
    objectOf<WarningOf<'deprecated'>>({
      code: constant('deprecated'),
      permission: TEXT,
      'replacement?': TEXT,
    }),
    objectOf<WarningOf<'wider_than_recommended'>>({
      code: constant('wider_than_recommended'),
      template: TEXT,
      extra: list(TEXT),
    }),
  ),
  WantedPermissions: example(
    { permissions: ['messages:send'] },
    object({ permissions: list(TEXT, { minItems: 1, maxItems: 1_000 }) }),
  ),
  Suggestion: objectOf<ApiTypes['Suggestion']>({
    templates: list(ref('Offer')),
    add: list(ref('Offer')),
    excess: list(TEXT),
    smallest: FLAG,
    instead: list(ref('Offer')),
    'insteadMore?': COUNT,
  }),
  Offer: objectOf<ApiTypes['Offer']>({ id: TEXT, gives: list(TEXT), excess: list(TEXT) }),
  Description: objectOf<ApiTypes['Description']>({
    version: described("The catalog's own version.", TEXT),
    prefix: described('How credentials begin.', TEXT),
    owner: described('The owner that `manage` and `ceiling` are about.', TEXT),
    templates: list(
      objectOf({ ...NAMED, version: COUNT, recommended: FLAG, permissions: described('How many.', COUNT) }),
    ),
    roles: list(objectOf(NAMED)),
    kinds: list(ref('DescribedKind')),
    ceiling: described('The permissions that the actor can give at the owner.', list(TEXT)),
  }),
  DescribedKind: objectOf<ApiTypes['DescribedKind']>({
    id: TEXT,
    'title?': TEXT,
    'description?': TEXT,
    manage: described('Whether the actor manages tokens of this kind for the owner.', FLAG),
    lifetime: objectOf({
      'default?': MILLISECONDS,
      'longest?': MILLISECONDS,
      required: FLAG,
      'idle?': MILLISECONDS,
    }),
    uniqueNames: FLAG,
    exchanged: described('Whether tokens of this kind come from an exchange only.', FLAG),
    technicalUser: FLAG,
    editable: list(oneOf('permissions', 'name', 'description', 'tags', 'metadata', 'conditions', 'limits')),
    actions: list(oneOf('disable', 'revoke', 'delete', 'rotate', 'exchange')),
    labels: objectOf<DescribedKind['labels']>({
      'enable?': TEXT,
      'disable?': TEXT,
      'revoke?': TEXT,
      'delete?': TEXT,
      'rotate?': TEXT,
      'exchange?': TEXT,
    }),
    'role?': described('The role of a token that names none.', TEXT),
    rotation: objectOf({
      grace: MILLISECONDS,
      longestGrace: MILLISECONDS,
      reuse: oneOf('alert', 'disable', 'revoke'),
    }),
    sessions: described('The most living sessions of one parent.', COUNT),
  }),
  DriftReport: objectOf<ApiTypes['DriftReport']>({
    items: list(
      objectOf<DriftedToken>({
        id: TEXT,
        name: TEXT,
        adds: list(TEXT),
        drops: list(TEXT),
        templates: list(objectOf({ id: TEXT, version: COUNT, 'current?': COUNT, adds: list(TEXT) })),
      }),
    ),
    templates: list(objectOf({ id: TEXT, 'version?': COUNT, behind: COUNT, adds: list(TEXT) })),
    scanned: COUNT,
    'unreadable?': list(TEXT),
    'next?': TEXT,
  }),
};
