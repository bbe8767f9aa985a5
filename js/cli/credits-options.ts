import { InvalidArgumentError } from 'commander';
import type { Limits, TokenRecord } from '../index.js';
import { UsageError } from './exit-codes.js';

/** The credits of a token on the command line. */
export interface Credits {
  /** How many in all; default: unchanged. */
  credits?: number | undefined;
  /** How many are left. */
  remaining?: number | undefined;
}

/** The limits of a record with other credits: an edit replaces all of them. */
export function withCredits({ limits }: TokenRecord, { credits, remaining }: Credits): Limits {
  const amount = credits ?? limits?.credits?.amount;
  if (amount === undefined) {
    throw new UsageError('the token has no credits; set their number with --credits');
  }
  return {
    ...limits,
    credits: { ...limits?.credits, amount, ...(remaining !== undefined && { remaining }) },
  };
}

export function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}
