import type { TokenSummary } from '../../api/token.js';
import type { Portal, StatusAction } from '../portal-context.js';

/** The actions allowed by the kind, the status and the rights of the actor. */
export function allowedActions({ kinds }: Portal, record: TokenSummary): StatusAction[] {
  const rules = kinds.get(record.kind);
  if (rules?.manage !== true) return [];
  const { status } = record;
  const fits: Readonly<Record<StatusAction, boolean>> = {
    enable: status === 'disabled' && rules.actions.includes('disable'),
    disable: status === 'active' && rules.actions.includes('disable'),
    rotate: status === 'active' && record.rotation === undefined && rules.actions.includes('rotate'),
    revoke: status !== 'revoked' && rules.actions.includes('revoke'),
    delete: rules.actions.includes('delete'),
  };
  return (Object.keys(fits) as StatusAction[]).filter((action) => fits[action]);
}

/** The label of an action. */
export function labelOf({ kinds, texts }: Portal, kind: string, action: StatusAction): string {
  return kinds.get(kind)?.labels[action] ?? texts.of(`action.${action}`, {}, kind);
}
