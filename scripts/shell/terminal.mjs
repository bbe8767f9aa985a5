/**
 * What standard output can show: colour and a line that changes, only on a terminal;
 * https://no-color.org is heard.
 */

export const interactive = Boolean(process.stdout.isTTY) && process.env.TERM !== 'dumb' && !process.env.CI;

const coloured = Boolean(process.stdout.isTTY) && process.env.TERM !== 'dumb' && !process.env.NO_COLOR;

const paint = (code) => (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);

/** Replaces the line that the cursor is in. Only where `interactive`. */
export function rewriteLine(text) {
  process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}
