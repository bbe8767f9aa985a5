import type { VerifiedToken } from '../../types.js';

/**
 * The scope of a token: the permissions that it holds at its whole boundary. One that it holds on some resources only is
 * not in it: whoever goes by the scope alone would give it everywhere.
 */
export function scopeOf({
  permissions,
  resources,
}: Pick<VerifiedToken, 'permissions' | 'resources'>): string {
  return permissions.filter((permission) => !Object.hasOwn(resources ?? {}, permission)).join(' ');
}
