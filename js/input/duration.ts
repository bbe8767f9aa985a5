import type { Duration } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds from 0 to 2^53 - 1. Unreadable text is refused, never treated as unlimited. */
export function parseDuration(duration: Duration, path: string): number {
  const milliseconds = typeof duration === 'string' ? parseText(duration) : duration;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new LeastkeyError(
    'invalid_input',
    `${path}: expected whole milliseconds from 0, or text such as "5s" (units ${Object.keys(UNITS).join(', ')})`,
    { path },
  );
}

function parseText(text: string): number {
  const [, digits, unit] = /^(\d{1,16})(ms|s|m|h|d|w)$/.exec(text) ?? [];
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}
