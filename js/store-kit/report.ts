/** What was found, for programs and for people. */

import { type Call, describeCall } from './call.js';
import { PROMISES, type PromiseId } from './promises.js';

/** A promise that a store broke. */
export interface BrokenReport {
  /** The check that found it. */
  title: string;
  promise: PromiseId;
  /** What was seen. It quotes keys and values of the check only. */
  message: string;
  /** The calls that show it, in the order in which they began: as few as were found. */
  history: readonly Call[];
  /** What a call threw, or the error of the check. A driver may quote a password in its message. */
  failure: unknown;
}

export interface StoreReport {
  /** Whether no promise was seen broken. */
  ok: boolean;
  /** The same seed makes the same random calls. */
  seed: number;
  /** The titles of the checks that passed. */
  passed: string[];
  broken: BrokenReport[];
  /** Checks that need more than the store under test has. */
  skipped: { title: string; needs: string }[];
}

/** The report as text: each broken promise, what it means, and the calls that show it. */
export function formatReport(report: StoreReport): string {
  const { ok, seed, passed, broken, skipped } = report;
  const parts = broken.map((each) => describeBroken(each));
  if (skipped.length > 0) {
    parts.push(
      [
        'Not checked, because the kit was not given what it needs:',
        ...skipped.map(({ title, needs }) => `  - ${title} (${needs})`),
      ].join('\n'),
    );
  }
  const total = passed.length + broken.length;
  parts.push(
    ok
      ? `${passed.length} checks passed: no broken promise was found (seed ${seed}).`
      : `${broken.length} of ${total} checks found a broken promise: do not use this store (seed ${seed}).`,
  );
  return parts.join('\n\n');
}

/** One broken promise as text. */
export function describeBroken({ title, promise, message, history }: BrokenReport): string {
  const { number, title: promised, consequence } = PROMISES[promise];
  return [
    `BROKEN  ${number === undefined ? '' : `promise ${number}: `}${promised}`,
    `  check   ${title}`,
    `  seen    ${message}`,
    `  means   ${consequence}`,
    ...[...history]
      .sort((a, b) => a.began - b.began)
      .map((call, at) => `  ${at === 0 ? 'calls ' : '      '}  ${intervalOf(call)} ${describeCall(call)}`),
  ].join('\n');
}

/** When a call began and ended, in steps of the history: calls that overlap were concurrent. */
const intervalOf = ({ began, ended }: Call): string => `[${began}–${ended ?? '…'}]`;
