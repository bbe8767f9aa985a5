/** How figures are written. */

/** Three digits, as far as a noisy machine has them. */
export function inDigits(value) {
  if (value >= 1_000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}

/** The median of a row with its unit. */
export const inWords = ({ median, unit }) =>
  unit === '×' ? `${inDigits(median)} ×` : `${inDigits(median)} ${unit}`;

/** Between what the middle half of the samples lies. */
export const spread = ({ low, high }) => (low === undefined ? '' : `${inDigits(low)} to ${inDigits(high)}`);

/** A figure whose target says how much it may be is met from below, and one that says how many times as fast from above. */
export const isMet = ({ median, target, unit }) =>
  unit === '× as fast' ? median >= target : median <= target;
