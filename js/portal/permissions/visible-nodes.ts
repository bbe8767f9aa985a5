import { html, type TemplateResult } from 'lit';
import type { Branch } from '../../api/selection.js';
import type { Portal } from '../portal-context.js';

/** A displayed node, with its displayed children. */
export interface ShownNode {
  branch: Branch;
  children: readonly ShownNode[];
}

/** The nodes that match, with their ancestors and descendants. */
export function shownOf(tree: readonly Branch[], passes: (branch: Branch) => boolean): ShownNode[] {
  return tree.flatMap((branch) => {
    const passed = passes(branch);
    const children = shownOf(branch.children, passed ? () => true : passes);
    return passed || children.length > 0 ? [{ branch, children }] : [];
  });
}

/** The displayed permissions at and below a node. */
export function permissionsShown({ branch, children }: ShownNode): string[] {
  const below = children.flatMap(permissionsShown);
  return branch.grantable ? [branch.id, ...below] : below;
}

/** The state of a node's checkbox for the displayed permissions. */
export function stateShown(node: ShownNode): Branch['state'] {
  const given = givenShown(node);
  return given === 0 ? 'off' : given === permissionsShown(node).length ? 'on' : 'partly';
}

function givenShown({ branch, children }: ShownNode): number {
  return children.reduce((sum, child) => sum + givenShown(child), isGiven(branch) ? 1 : 0);
}

/** Whether a node is a granted permission itself. */
function isGiven({ grantable, state, from, children }: Branch): boolean {
  if (!grantable) return false;
  if (children.length === 0) return state === 'on';
  return state !== 'off' && from.some((source) => !('removed' in source));
}

/** How many permissions at and below a node are granted. */
export function givenIn(branch: Branch): number {
  const below = branch.children.reduce((sum, child) => sum + givenIn(child), 0);
  return below + (isGiven(branch) ? 1 : 0);
}

/** The nodes with granted permissions. */
export function onlyGiven(nodes: readonly ShownNode[]): ShownNode[] {
  return nodes.flatMap(({ branch, children }) =>
    branch.state === 'off' ? [] : [{ branch, children: onlyGiven(children) }],
  );
}

/** The permissions that are limited to some resources, with these resources. */
export function narrowedOf(
  { texts, titles }: Portal,
  resources: Readonly<Record<string, readonly string[]>> = {},
): TemplateResult | string {
  const entries = Object.entries(resources);
  if (entries.length === 0) return '';
  return html`<ul class="narrowed">
    ${entries.map(
      ([permission, places]) =>
        html`<li dir="auto">${texts.of('narrow.is', { title: titles.permission(permission), list: texts.either(places) })}</li>`,
    )}
  </ul>`;
}
