import type { Branch, Preview, Selection } from '../../api/selection.js';
import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';

/** A selection that is being edited. */
export interface Choice {
  templates: readonly string[];
  add: readonly string[];
  remove: readonly string[];
  role?: string;
  resources?: Readonly<Record<string, readonly string[]>>;
  /** A narrowing that was typed but not added. It is not part of the selection. */
  pending?: { permission: string; place: string };
}

export type Resolve = (selection: Selection) => Preview;

export const NOTHING: Choice = { templates: [], add: [], remove: [] };

/** The choice of an existing token, with its narrowing. */
export function choiceOf({ templates, added, removed, role, resources }: TokenRecord): Choice {
  return {
    templates: templates.map(({ id }) => id),
    add: added,
    remove: removed,
    ...(role === undefined ? {} : { role }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/** The selection for the core, without empty members. */
export function selectionOf(choice: Choice): Selection {
  const { templates, add, remove, role, resources } = choice;
  return {
    ...(templates.length > 0 ? { templates } : {}),
    ...(add.length > 0 ? { add } : {}),
    ...(remove.length > 0 ? { remove } : {}),
    ...(role === undefined ? {} : { role }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/** The choice with permissions added or removed, whatever granted them before. */
export function withPermissions(
  choice: Choice,
  ids: readonly string[],
  given: boolean,
  resolve: Resolve,
): Choice {
  const meant = new Set(ids);
  const others = (entries: readonly string[]) => entries.filter((entry) => !meant.has(entry));
  const bare: Choice = { ...choice, add: others(choice.add), remove: others(choice.remove) };
  const now = new Set(resolve(selectionOf(anywhere(bare))).permissions);
  const changed = given
    ? { ...bare, add: [...bare.add, ...ids.filter((id) => !now.has(id))] }
    : { ...bare, remove: [...bare.remove, ...ids.filter((id) => now.has(id))] };
  return fitting(changed, resolve);
}

/** The choice with a template added or removed. Drops removals that have no effect any more. */
export function withTemplate(choice: Choice, template: string, chosen: boolean, resolve: Resolve): Choice {
  const rest = choice.templates.filter((id) => id !== template);
  const changed = { ...choice, templates: chosen ? [...rest, template] : rest };
  const given = new Set(resolve(selectionOf({ ...anywhere(changed), remove: [] })).permissions);
  return fitting({ ...changed, remove: changed.remove.filter((id) => given.has(id)) }, resolve);
}

/** The choice without narrowing. */
function anywhere({ resources: _, ...choice }: Choice): Choice {
  return choice;
}

/** The choice without narrowings of permissions that it no longer grants. */
function fitting(choice: Choice, resolve: Resolve): Choice {
  const given = new Set(resolve(selectionOf(anywhere(choice))).permissions);
  const left = Object.entries(choice.resources ?? {}).filter(([id]) => given.has(id));
  return left.length === 0 ? anywhere(choice) : { ...choice, resources: Object.fromEntries(left) };
}

/** The permissions at and below a node of the tree. */
export function permissionsIn(branch: Branch): string[] {
  const below = branch.children.flatMap(permissionsIn);
  return branch.grantable ? [branch.id, ...below] : below;
}

/** The tree without permissions that cannot be granted. */
export function offered(tree: readonly Branch[], ceiling: ReadonlySet<string>): Branch[] {
  return tree.flatMap((branch) => {
    const children = offered(branch.children, ceiling);
    const grantable = branch.grantable && ceiling.has(branch.id);
    if (!grantable && children.length === 0) return [];
    return [{ ...branch, children, grantable, state: grantable ? branch.state : stateOf(children) }];
  });
}

/** The state of a group that is no permission itself. */
function stateOf(children: readonly Branch[]): Branch['state'] {
  const states = new Set(children.map(({ state }) => state));
  return states.size === 1 ? (children[0] as Branch).state : 'partly';
}

/** The differences of two sets, in both directions. */
export function difference(before: readonly string[], after: readonly string[]) {
  const was = new Set(before);
  const is = new Set(after);
  return { adds: after.filter((id) => !was.has(id)), drops: before.filter((id) => !is.has(id)) };
}

/** Whether the current catalog has a permission. */
export function isKnown(permission: string, engine: Engine): boolean {
  try {
    return engine.expand(permission).length > 0;
  } catch {
    return false;
  }
}

/** The event of a changed choice. */
export class ChoiceChange extends Event {
  readonly choice: Choice;

  constructor(choice: Choice) {
    super('choice-change');
    this.choice = choice;
  }
}
