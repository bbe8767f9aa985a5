/**
 * When a copied value may be deleted. A store does not tell the `expiresAt` of a value, so it is
 * read from the value: never earlier than Leastkey would set it, and later where that is not known.
 */

const DAY = 86_400_000;

/** How long the report of a job is kept: see src/operation/job.rs. */
const JOB = 30 * DAY;

/** The `expiresAt` of a key, if its kind has one. */
export function expiryOf(key: string, value: string, now: number): { expiresAt: number } | undefined {
  const family = key.slice(0, key.indexOf('/'));
  if (family === 'op') return { expiresAt: now + DAY };
  if (family === 'job') return { expiresAt: now + JOB };
  if (family !== 'token') return undefined;
  const token = sessionOf(value);
  // A day after the expiry of a session nothing refers to it, as `Token::forgotten_at` says.
  return token === undefined ? undefined : { expiresAt: Math.max(token.expiresAt, now) + DAY };
}

/** The expiry of the token of a record, if it is of a session. */
function sessionOf(value: string): { expiresAt: number } | undefined {
  let read: unknown;
  try {
    read = JSON.parse(value);
  } catch {
    return undefined;
  }
  // Sealed: {"value": …, "mac": …}.
  const record = (read as { value?: unknown } | null)?.value ?? read;
  const { token } = Object(record) as { token?: { parents?: unknown; expiresAt?: unknown } };
  const { parents, expiresAt } = Object(token) as { parents?: unknown; expiresAt?: unknown };
  const isSession = Array.isArray(parents) && parents.length > 0;
  return isSession && typeof expiresAt === 'number' && Number.isSafeInteger(expiresAt + DAY)
    ? { expiresAt }
    : undefined;
}
