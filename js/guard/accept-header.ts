/**
 * The ranges that match a JSON answer, the most specific first: the first that is named decides.
 */
const RANGES = ['application/problem+json', 'application/json', 'application/*', '*/*'];

/** Far above what clients send. */
const MAX_ACCEPT_LENGTH = 1_000;

/** Whether a client accepts JSON (RFC 9110 §12.5.1). Without `Accept` it accepts everything. */
export function acceptsJson(accept: string | null): boolean {
  if (accept === null) return true;
  if (accept.length > MAX_ACCEPT_LENGTH) return false;
  const qualities = new Map(accept.split(',').map(readRange));
  const named = RANGES.find((range) => qualities.has(range));
  return named !== undefined && qualities.get(named) !== 0;
}

/** A media range in lower case, and its quality. */
function readRange(text: string): [range: string, quality: number] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [range, quality === undefined ? 1 : Number(quality.slice('q='.length))];
}
