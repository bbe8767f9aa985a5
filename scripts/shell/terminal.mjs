/** Colors, and a line that is rewritten, both on a terminal only. */

import { styleText } from 'node:util';

export const interactive = Boolean(process.stdout.isTTY) && process.env.TERM !== 'dumb' && !process.env.CI;

// Follows NO_COLOR and TERM.
const paint = (format) => (text) => styleText(format, text, { stream: process.stdout });

export const bold = paint('bold');
export const dim = paint('dim');
export const red = paint('red');
export const green = paint('green');

/** Replaces the current line. Only if `interactive`. */
export function rewriteLine(text) {
  process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}
