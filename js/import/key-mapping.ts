import type { Problem } from '../api/codes.js';
import type { KeyRow } from '../api/import-keys.js';
import type { Selection } from '../api/selection.js';
import { showName } from '../input/did-you-mean.js';
import { refuseUnknownOptions } from '../input/options.js';
import { ForeignRow } from './foreign-row.js';

/** How to map another system's keys. */
export interface KeyMapping {
  /** The kind of all imported tokens. */
  kind: string;
  /**
   * The owner of each key: a resource with `{id}` for their id of the owner, such as `user:{id}`.
   */
  owner: string | ((id: string) => string);
  /** The subject, likewise. Default: none. */
  subject?: string | ((id: string) => string);
  /** The resource to which it is limited, likewise. Default: its owner. */
  resource?: string | ((id: string) => string);
  /**
   * The permissions for each of theirs. A missing one is lost, with a note. Default: the same text.
   */
  permissions?: Translation;
  /** The resource for each of theirs, if keys have permissions on single resources. */
  resources?: Translation;
  /** The permissions of a key without any there. Default: such a key is left out. */
  withoutPermissions?: Selection;
  /** Whether to import limits. Default true. */
  limits?: boolean;
}

/** Ours by theirs: one or several. */
export type Translation =
  | Readonly<Record<string, string | readonly string[]>>
  | ((theirs: string) => string | readonly string[] | undefined);

/** Rows for {@link Tokens.importKeys}, and what was lost. Paths are names of columns. */
export interface ReadKeys {
  rows: KeyRow[];
  /** `rows[n]` comes from row `sources[n]`, counted from 0. */
  sources: number[];
  /** Rows that were left out, with the reasons. */
  leftOut: RowProblem[];
  /** What became stricter or was lost in an imported row. */
  notes: RowProblem[];
}

export interface RowProblem extends Problem {
  row: number;
}

/** The permissions of a key there: on everything, and on single resources. */
export interface ForeignPermissions {
  path: string;
  everywhere: readonly string[];
  on: Readonly<Record<string, readonly string[]>>;
}

const MAPPING = [
  'kind',
  'owner',
  'subject',
  'resource',
  'permissions',
  'resources',
  'withoutPermissions',
  'limits',
] as const satisfies (keyof KeyMapping)[];

/** Reads rows. A row with a problem is left out. */
export function readForeignKeys(
  rows: Iterable<unknown>,
  mapping: KeyMapping,
  of: string,
  read: (row: ForeignRow) => KeyRow,
): ReadKeys {
  refuseUnknownOptions(mapping, MAPPING, of);
  const keys: ReadKeys = { rows: [], sources: [], leftOut: [], notes: [] };
  let source = 0;
  for (const members of rows) {
    const row = new ForeignRow(members);
    const key = read(row);
    if (row.problems.length === 0) {
      keys.rows.push(key);
      keys.sources.push(source);
      for (const note of row.notes) keys.notes.push({ row: source, ...note });
    }
    for (const problem of row.problems) keys.leftOut.push({ row: source, ...problem });
    source += 1;
  }
  return keys;
}

/** The owner, the subject and the resource of a key. */
export function whose(
  mapping: KeyMapping,
  id: string,
): Pick<KeyRow, 'kind' | 'owner' | 'subject' | 'resource'> {
  const { kind, owner, subject, resource } = mapping;
  return {
    kind,
    owner: fill(owner, id),
    ...(subject !== undefined && { subject: fill(subject, id) }),
    ...(resource !== undefined && { resource: fill(resource, id) }),
  };
}

function fill(form: string | ((id: string) => string), id: string): string {
  return typeof form === 'function' ? form(id) : form.replaceAll('{id}', () => id);
}

/** The permissions of a key, in those of the catalog. */
export function selectionOf(
  row: ForeignRow,
  mapping: KeyMapping,
  { path, everywhere, on }: ForeignPermissions,
): Selection {
  const translate = (theirs: string) => translated(mapping.permissions ?? ((same) => same), theirs);
  const add = new Set(everywhere.flatMap((theirs) => known(row, path, theirs, translate(theirs))));
  const resources = new Map<string, Set<string>>();
  for (const [place, permissions] of Object.entries(on)) {
    const ours = known(row, path, place, translated(mapping.resources ?? {}, place));
    for (const permission of permissions.flatMap((theirs) => known(row, path, theirs, translate(theirs)))) {
      // Permissions on everything apply there as well.
      if (add.has(permission)) continue;
      const places = resources.get(permission) ?? new Set();
      for (const resource of ours) places.add(resource);
      if (places.size > 0) resources.set(permission, places);
    }
  }
  const all = [...add, ...resources.keys()];
  if (all.length > 0) {
    const narrowed = [...resources].map(([permission, places]) => [permission, [...places]]);
    return { add: all, ...(resources.size > 0 && { resources: Object.fromEntries(narrowed) }) };
  }
  if (everywhere.length === 0 && Object.keys(on).length === 0 && mapping.withoutPermissions !== undefined) {
    return mapping.withoutPermissions;
  }
  row.refuse(
    path,
    'the key has no permission here; `withoutPermissions` or `permissions` of the mapping can say which',
  );
  return {};
}

function known(row: ForeignRow, path: string, theirs: string, ours: readonly string[]): readonly string[] {
  if (ours.length === 0) row.note(path, `"${showName(theirs)}" is lost: the mapping has nothing for it`);
  return ours;
}

function translated(translation: Translation, theirs: string): readonly string[] {
  const ours =
    typeof translation === 'function'
      ? translation(theirs)
      : Object.hasOwn(translation, theirs)
        ? translation[theirs]
        : undefined;
  if (ours === undefined) return [];
  return typeof ours === 'string' ? [ours] : ours;
}
