import type { Command } from 'commander';
import type { Selection } from '../api/selection.js';
import { collect, pairs } from './option-values.js';

/** What a token may do, as options. */
export interface SelectionOptions {
  template?: string[];
  add?: string[];
  remove?: string[];
  role?: string;
  narrow?: [permission: string, resource: string][];
}

export function addSelectionOptions(command: Command): Command {
  return command
    .option('-t, --template <id>', 'a permission set of the catalog; repeatable', collect)
    .option('-a, --add <permission>', 'a permission or pattern besides; repeatable', collect)
    .option('--remove <permission>', 'a permission or pattern to leave out; repeatable', collect)
    .option('--role <role>', 'a role of the catalog, or admin')
    .option(
      '--narrow <permission=resource>',
      'a resource that a permission is limited to; repeatable',
      pairs('policies:read=org:acme/group:eng'),
    );
}

/** The members of the selection that are given. */
export function selectionOf({ template, add, remove, role, narrow }: SelectionOptions): Selection {
  return {
    ...(template !== undefined && { templates: template }),
    ...(add !== undefined && { add }),
    ...(remove !== undefined && { remove }),
    ...(role !== undefined && { role }),
    ...(narrow !== undefined && { resources: byPermission(narrow) }),
  };
}

function byPermission(pairs: readonly [string, string][]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [permission, resource] of pairs) found[permission] = [...(found[permission] ?? []), resource];
  return found;
}
