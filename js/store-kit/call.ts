import type { Entry, Range, Write } from '../api/store.js';

/**
 * A recorded call. `ended` is absent while it is open, and if it failed: then its outcome is
 * unknown.
 */
export type Call = { client: string; began: number; ended?: number; failure?: unknown } & (
  | { kind: 'get'; keys: string[]; answer?: (string | null)[] }
  | { kind: 'list'; range: Range; answer?: Entry[] }
  | { kind: 'commit'; writes: Write[]; answer?: boolean }
);

/** What a call asks of a store. */
export type Asked =
  | { kind: 'get'; keys: string[] }
  | { kind: 'list'; range: Range }
  | { kind: 'commit'; writes: Write[] };

/** What a call of a history was and what it answered, on one line: `a: get k = "1"`. */
export function describeCall(call: Call): string {
  return `${call.client}: ${question(call)} ${call.ended === undefined ? '(no answer)' : answerOf(call)}`;
}

function question(call: Asked): string {
  if (call.kind === 'get') return `get ${shortened(call.keys.map(short))}`;
  if (call.kind === 'commit') return `commit ${shortened(call.writes.map(changeOf))}`;
  const { prefix, after, limit } = call.range;
  return `list ${short(prefix)}${after === undefined ? '' : ` after ${short(after)}`} limit ${limit}`;
}

function answerOf(call: Call): string {
  if (call.kind === 'get') return `= ${shortened((call.answer ?? []).map(quoted))}`;
  if (call.kind === 'commit') return `= ${call.answer}`;
  return `= ${shortened((call.answer ?? []).map(({ key, value }) => `${short(key)} ${quoted(value)}`))}`;
}

function changeOf({ key, expect, value, expiresAt }: Write): string {
  const from = expect === undefined ? '' : ` if ${quoted(expect)}`;
  const to = value === undefined ? '' : ` := ${quoted(value)}`;
  return `${short(key)}${from}${to}${expiresAt === undefined ? '' : ` until ${expiresAt}`}`;
}

const quoted = (value: string | null): string => (value === null ? 'null' : short(JSON.stringify(value)));

const short = (text: string): string =>
  text.length > 60 ? `${text.slice(0, 40)}… (${text.length} characters)` : text;

const shortened = (items: readonly string[]): string =>
  items.length > 6
    ? `${items.slice(0, 4).join(', ')}, … (${items.length} in all)`
    : items.join(', ') || 'nothing';
