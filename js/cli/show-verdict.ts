import type { Explanation, Requirement, Verdict } from '../api/verification.js';
import { exits, UsageError } from './exit-codes.js';
import { type Legible, line, paint } from './safe-text.js';
import { facts } from './show-token.js';

/** A verdict, with what is wrong with a malformed credential. */
export type VerdictShown = Verdict & Partial<Pick<Explanation, 'wrong' | 'add' | 'templates' | 'wire'>>;

const WRONG = {
  prefix: 'it does not begin with the prefix of this deployment',
  length: 'it is too short or too long',
  alphabet: 'the part after the prefix has characters other than letters and digits',
  version: 'it is a credential of another version of the format',
  checksum: 'it was mistyped, or made up',
} as const satisfies Record<NonNullable<Explanation['wrong']>, string>;

export interface RequirementOptions {
  require?: string[];
  resource?: string;
}

export function requirementOf({ require, resource }: RequirementOptions): Requirement | undefined {
  if (require === undefined) {
    if (resource === undefined) return undefined;
    throw new UsageError('--resource says where a permission is needed; name the permission with --require');
  }
  return resource === undefined ? { all: require } : { all: require, resource };
}

export function exitOfVerdict({ valid, status }: Verdict): number {
  if (valid) return exits.done;
  return status === 503 ? exits.unavailable : exits.refused;
}

export function describeVerdict(verdict: VerdictShown): Legible {
  const { valid, code, token, missing, wrong, remaining, add, templates, wire, retryAfter } = verdict;
  const { stdout } = process;
  const about = facts(stdout, [
    ['wrong', wrong === undefined ? undefined : `${wrong}: ${WRONG[wrong]}`],
    ['missing', missing],
    ['to add', add],
    [
      'or choose',
      templates?.map(({ id, excess }) => (excess.length === 0 ? id : `${id} (+${excess.length})`)),
    ],
    ['retry after', retryAfter === undefined ? undefined : `${retryAfter} s`],
    ['id', token?.id],
    ['name', token?.name],
    ['owner', token?.owner],
    ['subject', token?.subject],
    ['permissions', token?.permissions],
    ['credits', remaining === undefined ? undefined : `${remaining} left`],
    ['client gets', wire && `${wire.status}${wire.challenge === undefined ? '' : ` ${wire.challenge}`}`],
  ]);
  const answer = valid ? paint(stdout, 'green', 'valid') : line`${paint(stdout, 'red', 'refused')}: ${code}`;
  return about.text === '' ? answer : line`${answer}\n${about}`;
}
