/**
 * The question of every contestant: one of 1,000 keys, each with 20 permissions, one of which is
 * required.
 */

export const KEYS = 1_000;

/** Of the second race: as many personal keys, each of an owner of its own. */
export const PERSONAL = 10_000;

/** The path of a permission is that of a service and an action. */
export const permissions = Array.from({ length: 40 }, (_, at) => `messages:action-${at}`);

/** The permissions of a key: 20 of the 40, which differ between keys. */
export const heldBy = (key) => permissions.slice(key % 20, (key % 20) + 20);

/** All keys have it. */
export const required = permissions[19];

/** For the permission check alone: 1,000 are granted, 50 are required. */
export const granted = Array.from({ length: 1_000 }, (_, at) => `service-${at % 25}:action-${at}`);
export const requiredMany = granted.filter((_, at) => at % 20 === 0);

/** The same expiry for all contestants. */
export const LIFETIME = 90 * 86_400_000;

/** Returns the items one after the other, in a cycle. */
export function inTurn(items) {
  let at = -1;
  return () => {
    at += 1;
    if (at === items.length) at = 0;
    return items[at];
  };
}

/** Base62 text from a seeded generator, so that figures are reproducible. */
export function textOf(length, seed) {
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let state = (seed + 1) * 2_654_435_761;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return letters[(state >>> 8) % 62];
  }).join('');
}
