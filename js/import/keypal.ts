import type { Conditions, Limits } from '../api/conditions.js';
import type { KeyRow } from '../api/import-keys.js';
import { durationText } from '../input/duration.js';
import { ForeignRow, isTexts } from './foreign-row.js';
import { type KeyMapping, type ReadKeys, readForeignKeys, selectionOf, whose } from './key-mapping.js';

/** SHA-256 in hexadecimal digits: how keypal stores a key by default. */
const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Converts records of keypal, `{ id, keyHash, metadata }`, from its stores or as rows of its table.
 * Their permissions are scopes. The deployment needs `imported: [{ prefix, digestOf: 'whole' }]`
 * for each of their prefixes. Only keys hashed by SHA-256 without a salt keep working: a salted
 * hash looks the same, but its key will be `unknown`.
 *
 * @example
 * const { rows, leftOut } = fromKeypal(records, { kind: 'personal', owner: 'user:{id}' });
 * await tokens.importKeys(rows, actor);
 */
export function fromKeypal(rows: Iterable<unknown>, mapping: KeyMapping): ReadKeys {
  return readForeignKeys(rows, mapping, 'fromKeypal', (row) => readRecord(row, mapping));
}

function readRecord(record: ForeignRow, mapping: KeyMapping): KeyRow {
  const hash = record.value('keyHash') === undefined ? 'key_hash' : 'keyHash';
  // Some of its stores keep the members of `metadata` in columns of their own.
  const metadata = record.object('metadata');
  const row = metadata === undefined ? record : new ForeignRow(metadata);
  const name = row.text('name') ?? `Key ${record.requiredText('id')}`;
  const description = row.text('description');
  const tags = row.texts('tags');
  const expiresAt = row.expiry('expiresAt');
  const createdAt = row.instant('createdAt');
  const conditions = conditionsOf(row);
  const limits = mapping.limits === false ? undefined : limitsOf(row);
  if (row.value('revokedAt') !== undefined) row.refuse('revokedAt', 'the key is revoked');
  const key: KeyRow = {
    ...whose(mapping, row.requiredText('ownerId') ?? ''),
    ...selectionOf(row, mapping, {
      path: 'scopes',
      everywhere: row.texts('scopes') ?? [],
      on: scopesOn(row),
    }),
    digest: record.digest(hash, DIGEST, 'a SHA-256 in hexadecimal digits; SHA-512 cannot be taken over'),
    encoding: 'hex',
    name,
    // In keypal, absent means enabled.
    disabled: row.flag('enabled') === false,
    ...(description !== undefined && { description }),
    ...(tags !== undefined && tags.length > 0 && { tags }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(conditions !== undefined && { conditions }),
    ...(limits !== undefined && { limits }),
  };
  if (row !== record) {
    for (const { path, message } of row.problems) record.refuse(`metadata.${path}`, message);
    for (const { path, message } of row.notes) record.note(`metadata.${path}`, message);
  }
  return key;
}

/** The scopes that are held on single resources. */
function scopesOn(row: ForeignRow): Record<string, string[]> {
  const scopes = Object.entries(row.object('resources') ?? {});
  if (scopes.every((entry): entry is [string, string[]] => isTexts(entry[1])))
    return Object.fromEntries(scopes);
  row.refuse('resources', 'expected a list of scopes for each resource');
  return {};
}

function conditionsOf(row: ForeignRow): Conditions | undefined {
  const ips = row.texts('allowedIps') ?? [];
  const origins = row.texts('allowedOrigins') ?? [];
  if (ips.length + origins.length === 0) return undefined;
  return { ...(ips.length > 0 && { ips }), ...(origins.length > 0 && { origins }) };
}

function limitsOf(row: ForeignRow): Limits | undefined {
  const members = row.object('rateLimit');
  if (members === undefined) return undefined;
  const rate = new ForeignRow(members);
  const limit = rate.whole('maxRequests');
  const per = rate.whole('windowMs');
  if (limit !== undefined && per !== undefined) return { requests: { limit, per: durationText(per) } };
  return row.refuse('rateLimit', 'expected { maxRequests, windowMs }');
}
