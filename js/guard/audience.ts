import { LeastkeyError } from '../api/errors.js';

/** Printable ASCII, as the conditions of tokens have it. */
const AUDIENCE = /^[ -~]{1,256}$/;

/** Reads the option `audience`: what a service is called. Once, so that a mistake in it is no failure of each request. */
export function readAudience(audience: string | undefined): string | undefined {
  if (audience === undefined || (typeof audience === 'string' && AUDIENCE.test(audience))) return audience;
  throw new LeastkeyError('invalid_input', 'audience: expected 1 to 256 printable ASCII characters', {
    path: 'audience',
  });
}
