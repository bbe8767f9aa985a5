/**
 * What every contestant is asked: one of 1,000 keys, each with 20 permissions, of which one is
 * required.
 */

export const KEYS = 1_000;

/** The path of a permission is that of a service and an action. */
export const permissions = Array.from({ length: 40 }, (_, at) => `messages:action-${at}`);

/** The permissions of a key: 20 of the 40, not the same for all. */
export const heldBy = (key) => permissions.slice(key % 20, (key % 20) + 20);

/** All hold it. */
export const required = permissions[19];

/** Where the permission check alone is measured: of 1,000 that are granted, 50 are required. */
export const granted = Array.from({ length: 1_000 }, (_, at) => `service-${at % 25}:action-${at}`);
export const requiredMany = granted.filter((_, at) => at % 20 === 0);

/** As far away for all contestants. */
export const LIFETIME = 90 * 86_400_000;

/** Answers the items one after the other, for ever. */
export function inTurn(items) {
  let at = -1;
  return () => {
    at += 1;
    if (at === items.length) at = 0;
    return items[at];
  };
}

/**
 * Base62 text, drawn by a generator that anybody can run again: no figure hangs on the luck of a
 * day.
 */
export function textOf(length, seed) {
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let state = (seed + 1) * 2_654_435_761;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return letters[(state >>> 8) % 62];
  }).join('');
}
