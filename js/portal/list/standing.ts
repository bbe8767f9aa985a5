import type { TokenRecord } from '../../types.js';
import { DAY } from '../text/times.js';

/** What a list says of a token. An expired one is active in its record. */
export type Standing = TokenRecord['status'] | 'expired' | 'notYet';

export function standingOf({ status, expiresAt, notBefore }: TokenRecord, now: number): Standing {
  if (status !== 'active') return status;
  if (expiresAt !== undefined && expiresAt <= now) return 'expired';
  return notBefore !== undefined && notBefore > now ? 'notYet' : 'active';
}

/** What deserves a look. */
export type Concern = 'rotation' | 'expiring' | 'everything' | 'neverUsed' | 'unused';

const SOON = 7 * DAY;
const LONG = 30 * DAY;

export function concernsOf(record: TokenRecord, now: number): Concern[] {
  const { role, rotation, expiresAt, lastUsedAt, createdAt } = record;
  if (standingOf(record, now) !== 'active') return [];
  const concerns: [Concern, boolean][] = [
    ['rotation', rotation !== undefined],
    ['expiring', expiresAt !== undefined && expiresAt - now < SOON],
    ['everything', role === 'admin'],
    ['neverUsed', lastUsedAt === undefined && now - createdAt > LONG],
    ['unused', lastUsedAt !== undefined && now - lastUsedAt > LONG],
  ];
  return concerns.flatMap(([concern, holds]) => (holds ? [concern] : []));
}
