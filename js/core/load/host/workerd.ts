/** Cloudflare's workerd. */

/** Whether the runtime has a second clock: here `performance.now` gives what `Date.now` gives. */
export const hasMonotonicClock = false;

/**
 * Writes an ASCII text. `false` if it is not ASCII or does not fit. By its code units: a call of
 * `TextEncoder` takes twice as long here.
 */
export function writeAscii(text: string, to: Uint8Array): boolean {
  if (text.length > to.length) return false;
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    all |= unit;
    to[at] = unit;
  }
  return all < 0x80;
}
