/**
 * Questions with a requirement in text, or none, and no options: nearly all. They have fast paths.
 */

import type { RequestContext } from '../api/conditions.js';
import { isAudience } from '../input/options.js';

export function isTextRequirement(requirement: unknown): requirement is string | undefined {
  return typeof requirement === 'string' || requirement === undefined;
}

/** A requirement of one permission on no resource, as most routes give it. */
export interface OnePermission {
  permission: string;
}

export function isOnePermission(requirement: unknown): requirement is OnePermission {
  // Enumerating the items of a list would take longer than deciding it.
  if (typeof requirement !== 'object' || requirement === null || Array.isArray(requirement)) return false;
  for (const name in requirement) if (name !== 'permission') return false;
  return typeof (requirement as Partial<OnePermission>).permission === 'string';
}

/** A requirement of one permission on a resource, as a route with a resource gives it. */
export interface PermissionOnResource extends OnePermission {
  resource: string;
}

export function isPermissionOnResource(requirement: unknown): requirement is PermissionOnResource {
  if (typeof requirement !== 'object' || requirement === null || Array.isArray(requirement)) return false;
  for (const name in requirement) if (name !== 'permission' && name !== 'resource') return false;
  const { permission, resource } = requirement as Partial<PermissionOnResource>;
  return typeof permission === 'string' && typeof resource === 'string';
}

/** Whether a context is one that the core reads without a refusal. */
export function isPlainContext({ ip, origin, audience }: RequestContext): boolean {
  return (
    isTextRequirement(ip) && isTextRequirement(origin) && (audience === undefined || isAudience(audience))
  );
}

/** Whether the options of a verification are a context, one use to count, and nothing else. */
export function isContextOnly(options: unknown): options is RequestContext & { consume?: 1 } {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  for (const name in options) {
    if (name === 'consume' ? (options as { consume?: unknown }).consume !== 1 : !CONTEXT.includes(name))
      return false;
  }
  return isPlainContext(options);
}

const CONTEXT = ['ip', 'origin', 'audience'];

/** Whether the options of a verification are one use to count, and nothing else. */
export function isOneUse(options: object): boolean {
  for (const name in options) if (name !== 'consume') return false;
  return (options as { consume?: unknown }).consume === 1;
}

/** Whether a requirement is a list of texts without line breaks, so that joining them is unique. */
export function isLineList(requirement: unknown): requirement is string[] {
  return (
    Array.isArray(requirement) &&
    requirement.every((item) => typeof item === 'string' && !item.includes('\n'))
  );
}

/** Whether two lists have the same items in the same order. */
export function haveSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** Whether a cost crosses to the core as a number: the core says what is wrong with any other. */
export function isSmallCount(cost: unknown): cost is number {
  return Number.isInteger(cost) && (cost as number) >= 0 && (cost as number) <= MAX_SMALL_COUNT;
}

/** The most that one use costs. */
const MAX_SMALL_COUNT = 1_000_000;
