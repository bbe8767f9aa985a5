import { type Command, InvalidArgumentError } from 'commander';
import type { Duration } from '../api/call.js';
import type { Conditions, Limits, RecordedLimits, TimeWindow } from '../api/conditions.js';
import { durationText } from '../input/duration.js';
import { UsageError } from './exit-codes.js';
import { collect, perDuration, whole } from './option-values.js';

/** When, from where and how often a token may be used, as options. */
export interface BoundsOptions {
  ip?: string[];
  origin?: string[];
  audience?: string[];
  days?: string[];
  hours?: { from: string; to: string };
  utcOffset?: string;
  rate?: { amount: number; per: Duration };
  credits?: number;
  refill?: { amount: number; per: Duration };
}

export function addBoundsOptions(command: Command): Command {
  return command
    .option('--ip <network>', 'a network that it may be used from: 10.0.0.0/8; repeatable', collect)
    .option('--origin <origin>', 'a web origin that it may be used from; repeatable', collect)
    .option('--audience <service>', 'a service that may verify it; repeatable', collect)
    .option('--days <days>', 'the days of its use: mon,tue,fri', (text) => text.split(','))
    .option('--hours <from-to>', 'the hours of its use: 08:00-18:00', hours)
    .option('--utc-offset <offset>', 'the offset of these hours: +02:00 (default: UTC)')
    .option('--rate <number/time>', 'its uses in a time: 100/1m', perDuration)
    .option('--credits <number>', 'its uses in all', whole)
    .option('--refill <number/time>', 'how many credits come back, and how often: 100/1d', perDuration);
}

function hours(text: string): { from: string; to: string } {
  const [, from, to] = /^(\d{2}:\d{2})-(\d{2}:\d{2})$/.exec(text) ?? [];
  if (from === undefined || to === undefined) {
    throw new InvalidArgumentError('Write two times, such as 08:00-18:00.');
  }
  return { from, to };
}

/** The conditions that are given, besides those there are. `undefined` if none is given. */
export function conditionsOf(options: BoundsOptions, before: Conditions = {}): Conditions | undefined {
  const { ip, origin, audience, days, hours, utcOffset } = options;
  const times: TimeWindow = {
    ...(days !== undefined && { days: days as NonNullable<TimeWindow['days']> }),
    ...hours,
    ...(utcOffset !== undefined && { utcOffset }),
  };
  const given: Conditions = {
    ...(ip !== undefined && { ips: ip }),
    ...(origin !== undefined && { origins: origin }),
    ...(audience !== undefined && { audiences: audience }),
    ...(Object.keys(times).length > 0 && { times: { ...before.times, ...times } }),
  };
  return Object.keys(given).length === 0 ? undefined : { ...before, ...given };
}

/** The limits that are given, besides those there are. `undefined` if none is given. */
export function limitsOf(
  { rate, credits, refill, remaining }: BoundsOptions & { remaining?: number },
  recorded: RecordedLimits = {},
): Limits | undefined {
  const before = asGiven(recorded);
  if (rate === undefined && credits === undefined && refill === undefined && remaining === undefined) {
    return undefined;
  }
  const requests = rate === undefined ? {} : { requests: { limit: rate.amount, per: rate.per } };
  if (credits === undefined && refill === undefined && remaining === undefined) {
    return { ...before, ...requests };
  }
  const amount = credits ?? before.credits?.amount;
  if (amount === undefined) throw new UsageError('the token has no credits; set their number with --credits');
  return {
    ...before,
    ...requests,
    credits: {
      ...before.credits,
      amount,
      ...(refill !== undefined && { refill: { amount: refill.amount, every: refill.per } }),
      ...(remaining !== undefined && { remaining }),
    },
  };
}

/** The limits of a record, as a change takes them. */
function asGiven({ requests, credits }: RecordedLimits): Limits {
  const { refill } = credits ?? {};
  return {
    ...(requests && { requests: { ...requests, per: durationText(requests.per) } }),
    ...(credits && {
      credits: {
        amount: credits.amount,
        ...(refill && { refill: { ...refill, every: durationText(refill.every) } }),
      },
    }),
  };
}
