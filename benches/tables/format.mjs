/** How figures are written. */

/** Three digits, as far as a noisy machine has them. */
export function inDigits(value) {
  if (value >= 1_000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}

/** The median of a row with its unit. */
export const inWords = ({ median, unit }) =>
  unit === '×' ? `${inDigits(median)} ×` : `${inDigits(median)} ${unit}`;

/**
 * Whether a row is a ratio whose time per request is known. Its figure is processor time of one
 * core.
 */
export const hasTime = ({ unit, nanoseconds }) => unit === '×' && nanoseconds !== undefined;

/** The time of one request in microseconds. */
export const perRequest = (row) => (hasTime(row) ? inDigits(row.nanoseconds / 1e3) : '');

/** How many requests one core answers in a second. */
export const perSecond = (row) => (hasTime(row) ? inDigits(1e9 / row.nanoseconds) : '');

/** Between what the middle half of the samples lies. */
export const spread = ({ low, high }) => (low === undefined ? '' : `${inDigits(low)} to ${inDigits(high)}`);

/**
 * A figure whose target says how much it may be is met from below, and one that says how many times
 * as fast from above.
 */
export const isMet = ({ median, target, unit }) =>
  unit === '× as fast' ? median >= target : median <= target;
