import type { Problem } from '../api/codes.js';
import type { KeyRow } from '../api/import-keys.js';
import type { Selection } from '../api/selection.js';
import { showName } from '../input/did-you-mean.js';
import { refuseUnknownOptions } from '../input/options.js';
import { ForeignRow } from './foreign-row.js';

/** What another system's words are here. */
export interface KeyMapping {
  /** The kind of all tokens that are made. */
  kind: string;
  /** Whose each key is: a resource in which `{id}` stands for their id of the owner, such as `user:{id}`. */
  owner: string | ((id: string) => string);
  /** As whom it acts, likewise. Default: nobody. */
  subject?: string | ((id: string) => string);
  /** The resource that it may not leave, likewise. Default: its owner. */
  resource?: string | ((id: string) => string);
  /** What each of their permissions is here. One that is left out is lost, with a note. Default: the same text. */
  permissions?: Translation;
  /** What each of their resources is here, where a key has permissions on single resources. */
  resources?: Translation;
  /** What a key may do that has no permissions there. Default: such a key is left out. */
  withoutPermissions?: Selection;
  /** Whether to take over how often a key may be used. Default true. */
  limits?: boolean;
}

/** By their word, ours: one or several. */
export type Translation =
  | Readonly<Record<string, string | readonly string[]>>
  | ((theirs: string) => string | readonly string[] | undefined);

/** Rows for {@link Tokens.importKeys}, and what was not carried over into them. Paths are names of columns. */
export interface ReadKeys {
  rows: KeyRow[];
  /** `rows[n]` was made of row `sources[n]`, counted from 0. */
  sources: number[];
  /** Rows that are left out, with the reason. */
  leftOut: RowProblem[];
  /** What became stricter, or was lost, in a row that is taken over. */
  notes: RowProblem[];
}

export interface RowProblem extends Problem {
  row: number;
}

/** What a key may do there: on everything, and on single resources. */
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

/** Reads row after row. A row with a problem is left out. */
export function readKeys(
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

/** Whose a key is, as whom it acts and where. */
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

/** What a key may do, in permissions of the catalog. */
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
      // What is held everywhere is held there as well.
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
