import type { Conditions, Limits, TimeWindow } from '../../api/conditions.js';
import type { TokenRecord } from '../../api/token.js';
import { durationText } from '../../input/duration.js';
import { DAY } from '../text/times.js';

/**
 * The form fields of a token except permissions and expiry, as texts. An empty text is an absent
 * value.
 */
export interface TokenFields {
  name: string;
  description: string;
  /** By commas. */
  tags: string;
  /** By lines, as are the origins and the audiences. */
  ips: string;
  origins: string;
  audiences: string;
  days: readonly Day[];
  from: string;
  to: string;
  utcOffset: string;
  /** The rate: how many requests, in how many milliseconds. */
  requests: string;
  per: number;
  credits: string;
  /** The refill: how many credits, and the period in milliseconds; 0: no refill. */
  refill: string;
  every: number;
}

export type Day = NonNullable<TimeWindow['days']>[number];

export const DAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const MINUTE = DAY / 1_440;

export const NO_FIELDS: TokenFields = {
  name: '',
  description: '',
  tags: '',
  ips: '',
  origins: '',
  audiences: '',
  days: [],
  from: '',
  to: '',
  utcOffset: '',
  requests: '',
  per: MINUTE,
  credits: '',
  refill: '',
  every: 0,
};

type TokenSource = Pick<TokenRecord, 'name' | 'description' | 'tags' | 'conditions' | 'limits'>;

export function tokenFieldsOf({
  name,
  description = '',
  tags = [],
  conditions = {},
  limits = {},
}: TokenSource): TokenFields {
  const { ips = [], origins = [], audiences = [], times = {} } = conditions;
  const { requests, credits } = limits;
  const { refill } = credits ?? {};
  const number = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    name,
    description,
    tags: tags.join(', '),
    ips: ips.join('\n'),
    origins: origins.join('\n'),
    audiences: audiences.join('\n'),
    days: times.days ?? [],
    from: times.from ?? '',
    to: times.to ?? '',
    utcOffset: times.utcOffset ?? '',
    requests: number(requests?.limit),
    per: requests === undefined ? NO_FIELDS.per : requests.per,
    credits: number(credits?.amount),
    refill: number(refill?.amount),
    every: refill === undefined ? 0 : refill.every,
  };
}

/** The items between commas or on lines, without duplicates. */
const itemsOf = (text: string, separator: RegExp) => [
  ...new Set(
    text
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
];

export const tagsOf = ({ tags }: TokenFields): string[] => itemsOf(tags, /[,\n]/);

/** The conditions of the fields; `undefined`: none. The core validates them. */
export function conditionsOf(tokenFields: TokenFields): Conditions | undefined {
  const lists = { ips: tokenFields.ips, origins: tokenFields.origins, audiences: tokenFields.audiences };
  const written = Object.entries(lists)
    .map(([name, text]) => [name, itemsOf(text, name === 'audiences' ? /\n/ : /[\s,]/)] as const)
    .filter(([, items]) => items.length > 0);
  const times = timesOf(tokenFields);
  const conditions = { ...Object.fromEntries(written), ...(times === undefined ? {} : { times }) };
  return Object.keys(conditions).length === 0 ? undefined : conditions;
}

function timesOf({ days, from, to, utcOffset }: TokenFields): TimeWindow | undefined {
  if (days.length === 0 && from === '' && to === '') return undefined;
  return {
    ...(days.length === 0 ? {} : { days: DAYS.filter((day) => days.includes(day)) }),
    ...(from === '' ? {} : { from }),
    ...(to === '' ? {} : { to }),
    ...(utcOffset.trim() === '' ? {} : { utcOffset: utcOffset.trim() }),
  };
}

/** The limits of the fields; `undefined`: none. */
export function limitsOf({ requests, per, credits, refill, every }: TokenFields): Limits | undefined {
  const limits: Limits = {
    ...(requests === '' ? {} : { requests: { limit: Number(requests), per: durationText(per) } }),
    ...(credits === ''
      ? {}
      : {
          credits: {
            amount: Number(credits),
            ...(every === 0
              ? {}
              : { refill: { amount: Number(refill === '' ? credits : refill), every: durationText(every) } }),
          },
        }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/** The members for the input of `create`. */
export function tokenInputOf(tokenFields: TokenFields) {
  const description = tokenFields.description.trim();
  const tags = tagsOf(tokenFields);
  const conditions = conditionsOf(tokenFields);
  const limits = limitsOf(tokenFields);
  return {
    name: tokenFields.name.trim(),
    ...(description === '' ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(limits === undefined ? {} : { limits }),
  };
}
