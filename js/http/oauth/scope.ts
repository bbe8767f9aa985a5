import type { VerifiedToken } from '../../api/verification.js';

/** The scope of a token: all its permissions. Where it holds them is in `resource`, and in `resources` for those on some resources only. */
export function scopeOf({ permissions }: Pick<VerifiedToken, 'permissions'>): string {
  return permissions.join(' ');
}
