import type { Preview } from '../../api/selection.js';
import type { TokenChange, TokenRecord } from '../../api/token.js';
import { type Choice, difference, selectionOf } from '../permissions/choice.js';
import type { Portal } from '../portal.js';
import { conditionWords, limitWords } from '../restrictions/describe.js';
import {
  conditionsOf,
  limitsOf,
  type TokenFields,
  tagsOf,
  tokenFieldsOf,
} from '../restrictions/token-fields.js';

/**
 * What of a token can be edited on a screen, in the words of its kind. Its metadata are for the
 * host, not for people.
 */
export type Editable = 'permissions' | 'name' | 'description' | 'tags' | 'conditions' | 'limits';

const EDITABLE: readonly Editable[] = ['permissions', 'name', 'description', 'tags', 'conditions', 'limits'];

/** What the kind of a token, its status and whoever looks at it leave to edit. */
export function editableOf({ kinds }: Portal, { kind, status }: TokenRecord): Editable[] {
  const rules = kinds.get(kind);
  if (rules?.manage !== true || status === 'revoked') return [];
  return EDITABLE.filter((what) => rules.editable.includes(what));
}

/** A form for a token: its texts, and how its permissions are chosen. */
export interface Edited {
  tokenFields: TokenFields;
  choice: Choice;
}

/** How a token would be another than it is. */
export interface Changes {
  adds: readonly string[];
  drops: readonly string[];
  /** What else changes, in words: what holds no more, and what holds then. */
  rows: readonly { title: string; was: readonly string[]; is: readonly string[] }[];
  /** What the token is asked to be. Nothing: nothing changes. */
  input: TokenChange | undefined;
}

/** The difference that a form makes to a record, as far as the token's kind lets it. */
export function changesOf(
  portal: Portal,
  record: TokenRecord,
  editable: readonly Editable[],
  { tokenFields, choice }: Edited,
  preview: Preview,
): Changes {
  const before = tokenFieldsOf(record);
  const { adds, drops } = difference(record.permissions, preview.permissions);
  const was = { ...inputsOf(before), role: record.role, resources: record.resources ?? {} };
  const is = { ...inputsOf(tokenFields), role: choice.role, resources: preview.resources ?? {} };
  const differs = (member: keyof typeof was) => JSON.stringify(was[member]) !== JSON.stringify(is[member]);
  const own = editable.filter((what) => what !== 'permissions' && differs(what as keyof typeof was));
  const selects = editable.includes('permissions');
  const chosen = (['role', 'resources'] as const).filter((member) => selects && differs(member));
  const reselected = selects && adds.length + drops.length + chosen.length > 0;
  const rows = [...own, ...chosen].map((member) => {
    const { adds, drops } = difference(wordsOf(portal, member, was), wordsOf(portal, member, is));
    return { title: portal.texts.of(`edit.row.${member}`), was: drops, is: adds };
  });
  const input = {
    ...Object.fromEntries(own.map((member) => [member, is[member as keyof typeof is]])),
    ...(reselected ? selectionOf(choice) : {}),
  };
  return {
    adds: selects ? adds : [],
    drops: selects ? drops : [],
    rows,
    input: rows.length === 0 && !reselected ? undefined : input,
  };
}

/** The members of a change. `null` takes one away. */
function inputsOf(tokenFields: TokenFields) {
  const tags = tagsOf(tokenFields);
  return {
    name: tokenFields.name.trim(),
    description: tokenFields.description.trim() || null,
    tags: tags.length === 0 ? null : tags,
    conditions: conditionsOf(tokenFields) ?? null,
    limits: limitsOf(tokenFields) ?? null,
  };
}

type Told = ReturnType<typeof inputsOf> & {
  role: string | undefined;
  resources: Readonly<Record<string, readonly string[]>>;
};

function wordsOf(portal: Portal, member: Editable | 'role' | 'resources', told: Told): string[] {
  const { titles, texts } = portal;
  switch (member) {
    case 'conditions':
      return conditionWords(portal, told.conditions ?? {});
    case 'limits':
      return limitWords(portal, told.limits ?? {});
    case 'tags':
      return told.tags ?? [];
    case 'role':
      return [
        told.role === undefined
          ? texts.of('role.none')
          : told.role === 'admin'
            ? texts.of('role.admin')
            : titles.role(told.role),
      ];
    case 'resources':
      return Object.entries(told.resources).map(([id, places]) =>
        texts.of('narrow.is', { title: titles.permission(id), list: texts.either(places) }),
      );
    default:
      return [(member === 'name' ? told.name : told.description) ?? ''].filter((text) => text !== '');
  }
}
