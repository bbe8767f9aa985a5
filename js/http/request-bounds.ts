import { RequestRefused } from './refusal.js';

/** The most characters of path and query together. */
const MAX_URL_LENGTH = 8 * 1024;
/** The most characters of all headers except `Authorization`, which has its own bound. */
const MAX_HEADERS_LENGTH = 16 * 1024;

/** Refuses oversized requests before anything reads them. */
export function refuseOversized(request: Request): void {
  if (request.url.length > MAX_URL_LENGTH) {
    throw new RequestRefused('uri_too_long', `The URL may have at most ${MAX_URL_LENGTH} characters.`);
  }
  let length = 0;
  for (const [name, value] of request.headers) {
    if (name !== 'authorization') length += name.length + value.length;
  }
  if (length > MAX_HEADERS_LENGTH) {
    throw new RequestRefused(
      'headers_too_large',
      `The headers may have at most ${MAX_HEADERS_LENGTH} characters.`,
    );
  }
}
