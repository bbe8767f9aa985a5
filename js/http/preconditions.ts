import { LeastkeyError } from '../api/errors.js';
import { RequestRefused } from './refusal.js';

/** The entity tag of a revision. */
export const entityTag = (revision: number) => `"${revision}"`;

/** The revisions on which a client bases a change: `'*'` for any, or a list. */
export type Seen = '*' | readonly number[];

/** The most entity tags of one header. */
const MAX_TAGS = 20;

const TAG = /^(?:W\/)?"([!#-~]{0,100})"$/;

/**
 * A revision, also as proxies rewrite it: weak (`W/"7"`), or with the name of a compression
 * (`"7-gzip"`). A revision counts every change, so it stays exact.
 */
const REVISION = /^(\d{1,15})(?:[-;]{1,2}(?:gzip|br|deflate|zstd))?$/;

/** Reads `If-Match` (RFC 9110 §13.1.1). */
export function readIfMatch(headers: Headers): Seen {
  const text = headers.get('if-match')?.trim();
  if (text === undefined) {
    throw new RequestRefused(
      'precondition_required',
      'If-Match is required: the ETag of the response on which the change is based, or *.',
    );
  }
  if (text === '*') return text;
  const tags = text.split(/[ \t]*,[ \t]*/).filter((tag) => tag !== '');
  const opaque = tags.map((tag) => TAG.exec(tag)?.[1]);
  if (tags.length === 0 || tags.length > MAX_TAGS || opaque.includes(undefined)) {
    throw new RequestRefused(
      'malformed_request',
      `If-Match must be an ETag such as "1", with its quotes, a list of at most ${MAX_TAGS} of them with commas between, or *.`,
    );
  }
  return opaque.flatMap((tag) => REVISION.exec(tag ?? '')?.[1] ?? []).map(Number);
}

/** {@link readIfMatch}, for a resource that may not exist yet: `If-None-Match: *` is revision 0. */
export function readIfNoneMatch(headers: Headers): Seen {
  const text = headers.get('if-none-match');
  if (text === null) return readIfMatch(headers);
  if (text.trim() === '*' && !headers.has('if-match')) return [0];
  throw new RequestRefused('malformed_request', 'If-None-Match must be *, and If-Match must be absent.');
}

/**
 * A revision that no resource has. The core refuses other problems of the change first (RFC 9110
 * §13.2.1).
 */
export const NO_REVISION = Number.MAX_SAFE_INTEGER;

/**
 * The revision on which a change is based. `current` reads the actual one, which is needed only to
 * choose among several.
 */
export async function chooseRevision(
  seen: readonly number[],
  current: () => Promise<number>,
): Promise<number> {
  const [first = NO_REVISION, ...more] = seen;
  if (more.length === 0) return first;
  const revision = await current();
  return seen.includes(revision) ? revision : NO_REVISION;
}

/** The result of a change. A conflict of revisions becomes a failed precondition. */
export async function fromRevision<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const conflict = error instanceof LeastkeyError && error.code === 'conflict' && error.path === 'revision';
    throw conflict
      ? new RequestRefused('precondition_failed', 'It has another revision by now, or none. Read it again.')
      : error;
  }
}

/** The revision is a header only: two places could contradict each other. */
export function refuseRevision(body: Record<string, unknown>): void {
  if (Object.hasOwn(body, 'revision')) {
    throw new RequestRefused('malformed_request', 'The revision belongs in the header If-Match.');
  }
}

/** `Idempotency-Key`, in quotes (a structured field) or bare. */
export function readIdempotencyKey(headers: Headers): string | undefined {
  const text = headers.get('idempotency-key');
  if (text === null) return undefined;
  const [, quoted, bare] = /^(?:"([ !#-[\]-~]{8,200})"|([!#-+\--~]{8,200}))$/.exec(text.trim()) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new RequestRefused(
    'malformed_request',
    'Idempotency-Key must be one key of 8 to 200 printable characters, without quotes or commas in it.',
  );
}
