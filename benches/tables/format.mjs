/** The format of figures. */

/** Three significant digits; a noisy machine has no more. */
export function inDigits(value) {
  if (value >= 1_000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}

/** The median of a row with its unit. */
export const inWords = ({ median, unit }) =>
  unit === '×' ? `${inDigits(median)} ×` : `${inDigits(median)} ${unit}`;

/**
 * Whether a row is a ratio with a known time per request. Its figure is processor time of one core.
 */
export const hasTime = ({ unit, nanoseconds }) => unit === '×' && nanoseconds !== undefined;

/** The time of one request in microseconds. */
export const perRequest = (row) => (hasTime(row) ? inDigits(row.nanoseconds / 1e3) : '');

/** The number of requests that one core answers in a second. */
export const perSecond = (row) => (hasTime(row) ? inDigits(1e9 / row.nanoseconds) : '');

/** The bounds of the middle half of the samples. */
export const spread = ({ low, high }) => (low === undefined ? '' : `${inDigits(low)} to ${inDigits(high)}`);

/** A target for a cost is a maximum, and one for "times as fast" is a minimum. */
export const isMet = ({ median, target, unit }) =>
  unit === '× as fast' ? median >= target : median <= target;
