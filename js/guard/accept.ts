/** What an answer in JSON is, the nearest first: the most specific range that a client names decides. */
const RANGES = ['application/problem+json', 'application/json', 'application/*', '*/*'];

/** Far more than any client sends. */
const MAX_ACCEPT_LENGTH = 1_000;

/** Whether a client takes JSON, by its header `Accept` (RFC 9110 §12.5.1). Without one it takes anything. */
export function acceptsJson(accept: string | null): boolean {
  if (accept === null) return true;
  if (accept.length > MAX_ACCEPT_LENGTH) return false;
  const qualities = new Map(accept.split(',').map(readRange));
  const named = RANGES.find((range) => qualities.has(range));
  return named !== undefined && qualities.get(named) !== 0;
}

/** The type of a range in lower case, and its quality. */
function readRange(text: string): [range: string, quality: number] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [range, quality === undefined ? 1 : Number(quality.slice('q='.length))];
}
