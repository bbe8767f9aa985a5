import type { TokenSummary } from '../../api/token.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';
import { idleOf, LONG } from '../token/idle.js';

/** The displayed status of a token. An expired one is active in its record. */
export type Standing = TokenSummary['status'] | 'expired' | 'notYet';

export function standingOf({ status, expiresAt, notBefore }: TokenSummary, now: number): Standing {
  if (status !== 'active') return status;
  if (expiresAt !== undefined && expiresAt <= now) return 'expired';
  return notBefore !== undefined && notBefore > now ? 'notYet' : 'active';
}

/** Reasons to review a token. */
export type Concern = 'rotation' | 'expiring' | 'everything' | 'broad' | 'neverUsed' | 'unused';

const SOON = 7 * DAY;

export function concernsOf(portal: Pick<Portal, 'titles' | 'now'>, record: TokenSummary): Concern[] {
  const now = portal.now();
  const { role, rotation, expiresAt, lastUsedAt, createdAt } = record;
  if (standingOf(record, now) !== 'active') return [];
  const concerns: [Concern, boolean][] = [
    ['rotation', rotation !== undefined],
    ['expiring', expiresAt !== undefined && expiresAt - now < SOON],
    ['everything', role === 'admin'],
    ['broad', role !== 'admin' && idleOf(portal, record) !== undefined],
    ['neverUsed', lastUsedAt === undefined && now - createdAt > LONG],
    ['unused', lastUsedAt !== undefined && now - lastUsedAt > LONG],
  ];
  return concerns.flatMap(([concern, holds]) => (holds ? [concern] : []));
}
