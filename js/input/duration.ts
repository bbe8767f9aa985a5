import type { Duration } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import { showName } from './did-you-mean.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Milliseconds from 0 to 2^53 - 1. Only 0 may be a number: others have a unit in the mind of their
 * writer only. Unreadable text is refused, never treated as unlimited.
 */
export function parseDuration(duration: Duration | 0, path: string): number {
  const given: unknown = duration;
  const milliseconds = typeof given === 'string' ? parseText(given) : given === 0 ? 0 : Number.NaN;
  if (Number.isSafeInteger(milliseconds)) return milliseconds;
  const fault =
    typeof given === 'number'
      ? `${given} has no unit; write "${given}s" for seconds, "${durationText(given)}" for milliseconds`
      : `cannot read ${typeof given === 'string' ? `"${showName(given)}"` : 'it'}; write a number and a unit, such as "5s" (units ${Object.keys(UNITS).join(', ')})`;
  throw new LeastkeyError('invalid_input', `${path}: ${fault}`, { path });
}

/** Milliseconds as a duration. */
export function durationText(milliseconds: number): Duration {
  return milliseconds % UNITS.s === 0 ? `${milliseconds / UNITS.s}s` : `${milliseconds}ms`;
}

function parseText(text: string): number {
  const [, digits, unit] = /^(\d{1,16})(ms|s|m|h|d|w)$/.exec(text) ?? [];
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}
