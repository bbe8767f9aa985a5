const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The units of relative times, with their lengths in milliseconds. */
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * DAY],
  ['month', 60 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
];

const LENGTHS: Readonly<Record<string, number>> = { year: 365 * DAY, month: 30 * DAY };

/** Formats instants and durations in one language. */
export class Times {
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #minute: Intl.DateTimeFormat;
  readonly #exact: Intl.DateTimeFormat;
  readonly #locale: string;

  constructor(locale: string) {
    this.#locale = locale;
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
    this.#minute = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
    this.#exact = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'long' });
  }

  /** `in 3 days`, `2 months ago`. */
  relative(at: number, now: number): string {
    const distance = at - now;
    const [unit, from] = UNITS.find(([, from]) => Math.abs(distance) >= from) ?? ['minute', MINUTE];
    return this.#relative.format(Math.round(distance / (LENGTHS[unit] ?? from)), unit);
  }

  day(at: number): string {
    return this.#day.format(at);
  }

  minute(at: number): string {
    return this.#minute.format(at);
  }

  exact(at: number): string {
    return this.#exact.format(at);
  }

  /** `90 days`, `12 hours`. */
  length(milliseconds: number): string {
    const [unit, size] =
      milliseconds % DAY === 0
        ? milliseconds % (365 * DAY) === 0
          ? (['year', 365 * DAY] as const)
          : (['day', DAY] as const)
        : milliseconds % HOUR === 0
          ? (['hour', HOUR] as const)
          : milliseconds % MINUTE === 0
            ? (['minute', MINUTE] as const)
            : (['second', SECOND] as const);
    return new Intl.NumberFormat(this.#locale, { style: 'unit', unit, unitDisplay: 'long' }).format(
      Math.round(milliseconds / size),
    );
  }
}

/** A lifetime of a catalog: milliseconds, `'90d'`, or ISO 8601 (`'P90D'`, `'PT12H'`). */
export function lifetimeOf(duration: number | string): number {
  if (typeof duration === 'number') return duration;
  const [, digits, unit] = /^(\d+)(ms|s|m|h|d|w)$/.exec(duration) ?? [];
  const size = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }[unit ?? ''];
  if (size !== undefined) return Number(digits) * size;
  const iso = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  const sizes = [7 * DAY, DAY, HOUR, MINUTE, SECOND];
  return sizes.reduce((sum, size, at) => sum + Number(iso?.[at + 1] ?? 0) * size, 0);
}
