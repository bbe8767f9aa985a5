import type { DescribedKind } from '../../api/choices.js';
import type { CreateInput } from '../../api/token.js';
import { type Choice, NOTHING, selectionOf } from '../permissions/edited-selection.js';
import type { Portal } from '../portal-context.js';
import { NO_FIELDS, type TokenFields, tokenInputOf } from '../restrictions/token-fields.js';
import { type Expiration, expiryInput, isPossible, usualExpiration } from './expiration.js';
import type { Prefill } from './prefill.js';

/** A draft of a token. */
export interface TokenDraft {
  kind: DescribedKind;
  subject: string;
  tokenFields: TokenFields;
  choice: Choice;
  expiration: Expiration;
}

/** An empty draft, or the values of a prefilled link. */
export function draftOf(
  portal: Portal,
  kinds: readonly DescribedKind[],
  prefill: Prefill | undefined,
): TokenDraft {
  const kind = kinds.find(({ id }) => id === prefill?.kind) ?? (kinds[0] as DescribedKind);
  const known = portal.deployment.catalog.templates ?? {};
  const templates = prefill?.templates.filter((id) => Object.hasOwn(known, id)) ?? [];
  const draft = {
    subject: '',
    tokenFields: { ...NO_FIELDS, name: prefill?.name ?? '' },
    choice: prefill?.choice ?? { ...NOTHING, templates },
  };
  return withKind({ ...draft, kind, expiration: 'never' }, kind);
}

/** The draft for another kind, with its role and lifetime. */
export function withKind(draft: TokenDraft, kind: DescribedKind): TokenDraft {
  const { role, ...choice } = draft.choice;
  return {
    ...draft,
    kind,
    choice: kind.role === undefined ? choice : { ...choice, role: kind.role },
    expiration: usualExpiration(kind),
  };
}

/** The parts of the form. */
export type Section = 'details' | 'role' | 'permissions' | 'expiration' | 'restrictions';

/**
 * The steps of the form. Permissions that cannot be changed once the token is created get a step of
 * their own; otherwise one is enough.
 */
export function stepsOf({ technicalUser, editable }: DescribedKind): Section[][] {
  if (technicalUser) return [['details', 'expiration', 'role', 'permissions', 'restrictions']];
  if (editable.includes('permissions')) return [['details', 'permissions', 'expiration', 'restrictions']];
  return [['details'], ['permissions'], ['expiration', 'restrictions']];
}

/** Whether a section is complete. */
export function isComplete(section: Section, draft: TokenDraft, given: number, now: number): boolean {
  if (section === 'details') return draft.tokenFields.name.trim() !== '';
  if (section === 'permissions') return given > 0;
  if (section === 'expiration') return isPossible(draft.expiration, draft.kind, now);
  return true;
}

/** The input of `create` without the credential. */
export function inputOf(draft: TokenDraft, owner: string, now: number): CreateInput {
  const { kind, subject, tokenFields, choice, expiration } = draft;
  return {
    kind: kind.id,
    owner,
    ...tokenInputOf(tokenFields),
    ...(subject.trim() === '' ? {} : { subject: subject.trim() }),
    ...selectionOf(choice),
    ...expiryInput(expiration, kind, now),
  };
}
