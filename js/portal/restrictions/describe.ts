import type { Conditions, Limits, RecordedLimits } from '../../api/conditions.js';
import type { Portal } from '../portal-context.js';
import { lifetimeOf } from '../text/times.js';
import { DAYS, type Day } from './token-fields.js';

/** The conditions as texts. */
export function conditionWords(portal: Pick<Portal, 'texts'>, conditions: Conditions = {}): string[] {
  const { texts } = portal;
  const { ips, origins, audiences, times } = conditions;
  const anyOf = (key: string, items: readonly string[] | undefined) =>
    items === undefined ? [] : [texts.of(key, { list: texts.either(items) })];
  return [
    ...anyOf('restrict.only.ips', ips),
    ...anyOf('restrict.only.origins', origins),
    ...anyOf('restrict.only.audiences', audiences),
    ...(times === undefined ? [] : [hours(portal, times)]),
  ];
}

function hours({ texts }: Pick<Portal, 'texts'>, times: NonNullable<Conditions['times']>): string {
  const { days = DAYS, from = '00:00', to = '24:00', utcOffset = '+00:00' } = times;
  const named =
    days.length === DAYS.length
      ? texts.of('restrict.daily')
      : texts.list(days.map((day) => dayName(texts.locale, day)));
  return texts.of('restrict.only.times', { days: named, from, to, offset: utcOffset });
}

/** The limits as texts. */
export function limitWords(
  { texts, times }: Pick<Portal, 'texts' | 'times'>,
  limits: Limits | RecordedLimits = {},
): string[] {
  const { requests, credits } = limits;
  const { refill } = credits ?? {};
  return [
    ...(requests === undefined
      ? []
      : [texts.count('restrict.rate', requests.limit, { time: times.length(lifetimeOf(requests.per)) })]),
    ...(credits === undefined ? [] : [texts.count('restrict.credits', credits.amount)]),
    ...(refill === undefined
      ? []
      : [texts.count('restrict.refill', refill.amount, { time: times.length(lifetimeOf(refill.every)) })]),
  ];
}

/** The short name of a day in a language: `Mon`. */
export const dayName = (locale: string, day: Day) =>
  // The first of January 2024 was a Monday.
  new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(
    Date.UTC(2024, 0, 1 + DAYS.indexOf(day)),
  );
