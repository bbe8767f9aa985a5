/** What the verify module, which has no messages, only refuses or ignores. */

import type { Catalog } from '../api/catalog.js';
import type { LeastkeyError } from '../api/errors.js';
import { didYouMean, nearest, showName } from '../input/did-you-mean.js';
import { invalidInput } from '../input/options.js';
import type { Question } from '../runtime/protocol.js';

type Members = Readonly<Record<string, unknown>>;

const CATALOG = ['$schema', 'version', 'services', 'templates', 'roles', 'kinds', 'retired'];

const SERVICE = ['title', 'description', 'permissions'];

const PERMISSION = [...SERVICE, 'implies', 'grantable', 'routes', 'deprecated', 'was'];

/** The ids of a catalog's permissions. Refuses misspelt members on the way. */
export function permissionsOf(catalog: Catalog): string[] {
  check(catalog, CATALOG, '$');
  const ids: string[] = [];
  for (const [id, service] of entries(catalog.services)) {
    check(service, SERVICE, `$.services.${id}`);
    visit(service.permissions, id, `$.services.${id}`);
  }
  return ids;

  function visit(nodes: unknown, above: string, path: string): void {
    for (const [segment, node] of entries(nodes)) {
      const at = `${path}.permissions.${segment}`;
      const id = `${above}:${segment}`;
      ids.push(id);
      check(node, PERMISSION, at);
      visit(node.permissions, id, at);
    }
  }
}

function entries(value: unknown): [string, Members][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** A text is a permission with its title only. */
function check(value: unknown, known: readonly string[], path: string): void {
  if (typeof value === 'string') return;
  const wrong = entries(value).find(([name]) => !known.includes(name))?.[0];
  if (wrong !== undefined)
    throw invalidInput(`${path}.${wrong}`, `unknown member "${wrong}"${didYouMean(wrong, known)}`);
}

/** The refusal of a requirement with a permission that the catalog does not have. */
export function unknownPermission(
  { requirement }: Question,
  known: readonly string[],
): LeastkeyError | undefined {
  const wrong = named(requirement).find((id) => !/[\s()]/.test(id) && !known.includes(id));
  if (wrong === undefined) return undefined;
  const near = nearest(wrong, known);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return invalidInput('requirement', `the catalog has no permission "${showName(wrong)}"${hint}`);
}

/** The texts of a requirement that are ids of permissions. */
function named(requirement: unknown): string[] {
  if (typeof requirement === 'string') return [requirement];
  if (Array.isArray(requirement)) return requirement.flatMap(named);
  const { permission, all, any } = Object(requirement) as Members;
  return [permission, all, any].flatMap((part) => (part === undefined ? [] : named(part)));
}
