import type { Limits } from '../api/conditions.js';
import type { KeyRow } from '../api/import-keys.js';
import { durationText } from '../input/duration.js';
import { type ForeignRow, isTexts } from './foreign-row.js';
import { type KeyMapping, type ReadKeys, readForeignKeys, selectionOf, whose } from './key-mapping.js';

/**
 * SHA-256 in base64url without padding: how Better Auth stores a key, unless hashing is disabled.
 */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/**
 * Converts rows of Better Auth's table `apikey`, from its adapters or your database. Their
 * permissions are `service:action`. The deployment needs `imported: [{ prefix, digestOf: 'whole'
 * }]` for each of their prefixes.
 *
 * @example
 * const { rows, leftOut } = fromBetterAuth(apikeys, { kind: 'personal', owner: 'user:{id}' });
 * await tokens.importKeys(rows, actor);
 */
export function fromBetterAuth(rows: Iterable<unknown>, mapping: KeyMapping): ReadKeys {
  return readForeignKeys(rows, mapping, 'fromBetterAuth', (row) => readRow(row, mapping));
}

function readRow(row: ForeignRow, mapping: KeyMapping): KeyRow {
  const hint = row.text('start');
  const expiresAt = row.expiry('expiresAt');
  const createdAt = row.instant('createdAt');
  const metadata = row.object('metadata');
  const limits = mapping.limits === false ? undefined : limitsOf(row);
  const enabled = row.flag('enabled');
  if (enabled === undefined) row.note('enabled', 'it is empty; the key is taken over as disabled');
  return {
    ...whose(mapping, row.requiredText('referenceId') ?? ''),
    ...selectionOf(row, mapping, { path: 'permissions', everywhere: permissionsOf(row), on: {} }),
    digest: row.digest('key', DIGEST, 'a SHA-256 in base64url, as it is where keys are hashed'),
    encoding: 'base64url',
    name: row.text('name') ?? `Key ${row.requiredText('id')}`,
    disabled: enabled !== true,
    ...(hint !== undefined && { hint }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(metadata !== undefined && { metadata }),
    ...(limits !== undefined && { limits }),
  };
}

function permissionsOf(row: ForeignRow): string[] {
  return Object.entries(row.object('permissions') ?? {}).flatMap(([service, actions]) => {
    if (isTexts(actions)) return actions.map((action) => `${service}:${action}`);
    row.refuse('permissions', 'expected a list of texts for each service');
    return [];
  });
}

function limitsOf(row: ForeignRow): Limits | undefined {
  const limit = row.whole('rateLimitMax');
  const per = row.whole('rateLimitTimeWindow');
  const limits: Limits = {};
  if (row.flag('rateLimitEnabled') && limit !== undefined && per !== undefined)
    limits.requests = { limit, per: durationText(per) };
  const credits = creditsOf(row);
  if (credits !== undefined) limits.credits = credits;
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function creditsOf(row: ForeignRow): Limits['credits'] {
  const remaining = row.whole('remaining');
  const amount = row.whole('refillAmount');
  const every = row.whole('refillInterval');
  if (remaining === undefined) return undefined;
  if (amount === undefined || every === undefined) {
    return remaining > 0 ? { amount: remaining } : row.refuse('remaining', 'the key is used up');
  }
  if (remaining > amount) row.note('remaining', `it starts with ${amount} uses, the amount of a refill`);
  const refill = { amount, every: durationText(every) };
  return remaining < amount ? { amount, remaining, refill } : { amount, refill };
}
