/**
 * The text of a declaration file for a catalog: its ids, under names that keep the types of a large
 * catalog short in an editor.
 */

import type { Catalog } from '../api/catalog.js';
import { permissionsOf } from './catalog-entries.js';

/** Kinds of every catalog for tokens that `create` makes. */
const BUILT_IN_KINDS = ['permission-set', 'organization', 'group', 'personal'];

export function catalogTypeText(catalog: Catalog, file: string): string {
  const { templates = {}, roles = {}, kinds = {} } = catalog;
  return `// Written by: leastkey catalog types ${file.replace(/[^\w.-]/g, '_')}
// Write it again after a change of the catalog.

import type { TypedCatalog } from 'leastkey' with { 'resolution-mode': 'import' };

declare const catalog: TypedCatalog<catalog.Ids>;

declare namespace catalog {
  /** The ids of the catalog: \`Tokens<catalog.Ids>\`, \`CreateInput<catalog.Ids>\`. */
  interface Ids {
    template: Template;
    permission: Permission;
    role: Role;
    kind: Kind;
  }

  type Permission =${unionOf(permissionsOf(catalog).map(({ id }) => id))};

  type Template =${unionOf(Object.keys(templates))};

  type Role =${unionOf(['admin', ...Object.keys(roles)])};

  type Kind =${unionOf([...BUILT_IN_KINDS, ...Object.keys(kinds)])};
}

export = catalog;
`;
}

function unionOf(ids: string[]): string {
  const literals = [...new Set(ids)].map((id) => `\n    | ${JSON.stringify(id)}`);
  return literals.length === 0 ? ' never' : literals.join('');
}
