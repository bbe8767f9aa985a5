import type { Preview } from '../../api/selection.js';
import type { TokenChange, TokenRecord } from '../../api/token.js';
import { type Choice, difference, selectionOf } from '../permissions/edited-selection.js';
import type { Portal } from '../portal-context.js';
import { conditionWords, limitWords } from '../restrictions/describe.js';
import {
  conditionsOf,
  limitsOf,
  type TokenFields,
  tagsOf,
  tokenFieldsOf,
} from '../restrictions/token-fields.js';

/** The editable members of a token. Metadata belongs to the host and is not displayed. */
export type EditableMember = 'permissions' | 'name' | 'description' | 'tags' | 'conditions' | 'limits';

const EDITABLE: readonly EditableMember[] = [
  'permissions',
  'name',
  'description',
  'tags',
  'conditions',
  'limits',
];

/** The members that the kind, the status and the actor allow to edit. */
export function editableOf(
  { kinds }: Portal,
  { kind, status }: Pick<TokenRecord, 'kind' | 'status'>,
): EditableMember[] {
  const rules = kinds.get(kind);
  if (rules?.manage !== true || status === 'revoked') return [];
  return EDITABLE.filter((what) => rules.editable.includes(what));
}

/** The state of an edit form: fields and permissions. */
export interface Edited {
  tokenFields: TokenFields;
  choice: Choice;
}

/** The changes of a token. */
export interface Changes {
  adds: readonly string[];
  drops: readonly string[];
  /** Other changes as text: removed and added. */
  rows: readonly { title: string; was: readonly string[]; is: readonly string[] }[];
  /** The input of `edit`; `undefined`: no change. */
  input: TokenChange | undefined;
}

/** The difference between a form and a record, within the rules of the kind. */
export function changesOf(
  portal: Portal,
  record: TokenRecord,
  editable: readonly EditableMember[],
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

/** The members of a change. `null` removes one. */
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

type ChangeTexts = ReturnType<typeof inputsOf> & {
  role: string | undefined;
  resources: Readonly<Record<string, readonly string[]>>;
};

function wordsOf(
  portal: Portal,
  member: EditableMember | 'role' | 'resources',
  changed: ChangeTexts,
): string[] {
  const { titles, texts } = portal;
  switch (member) {
    case 'conditions':
      return conditionWords(portal, changed.conditions ?? {});
    case 'limits':
      return limitWords(portal, changed.limits ?? {});
    case 'tags':
      return changed.tags ?? [];
    case 'role':
      return [
        changed.role === undefined
          ? texts.of('role.none')
          : changed.role === 'admin'
            ? texts.of('role.admin')
            : titles.role(changed.role),
      ];
    case 'resources':
      return Object.entries(changed.resources).map(([id, places]) =>
        texts.of('narrow.is', { title: titles.permission(id), list: texts.either(places) }),
      );
    default:
      return [(member === 'name' ? changed.name : changed.description) ?? ''].filter((text) => text !== '');
  }
}
