import { LeastkeyError } from '../errors.js';
import { RequestRefused } from './refusal.js';

/** The entity tag of a revision. */
export const entityTag = (revision: number) => `"${revision}"`;

/** The revision that a client has seen, from `If-Match`. `undefined` for `*`: whatever it is by now. */
export function readIfMatch(headers: Headers): number | undefined {
  const text = headers.get('if-match')?.trim();
  if (text === undefined) {
    throw new RequestRefused(
      'precondition_required',
      'Say in If-Match which revision the change is made from: the ETag of the answer that was read, or *.',
    );
  }
  if (text === '*') return undefined;
  const [, weak, tag] = /^(W\/)?"([!#-~]{0,100})"$/.exec(text) ?? [];
  if (tag === undefined) throw new RequestRefused('malformed_request', 'If-Match must be one ETag, or *.');
  if (weak === undefined && /^\d{1,15}$/.test(tag)) return Number(tag);
  throw new RequestRefused('precondition_failed', 'If-Match is not the ETag of any revision.');
}

/** As {@link readIfMatch}, of what need not be there yet: `If-None-Match: *` asks that it is not, which is revision 0. */
export function readIfNoneMatch(headers: Headers): number | undefined {
  const text = headers.get('if-none-match');
  if (text === null) return readIfMatch(headers);
  if (text.trim() === '*' && !headers.has('if-match')) return 0;
  throw new RequestRefused('malformed_request', 'If-None-Match must be *, without If-Match beside it.');
}

/** The answer of a change. That it was made from another revision is a precondition that failed. */
export async function fromRevision<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const conflict = error instanceof LeastkeyError && error.code === 'conflict' && error.path === 'revision';
    throw conflict
      ? new RequestRefused('precondition_failed', 'It has been changed since. Read it again.')
      : error;
  }
}

/** The revision stands in a header, and only there: two places could say two things. */
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
